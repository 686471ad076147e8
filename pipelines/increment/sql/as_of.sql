-- What depends on the last day of the data and on nothing else that can have changed, for every
-- episode of a service whose last day is another one. As `episode.sql` has it.
update snap.episode as e
set
    extract_date = n.now,
    days_open = n.days_open,
    open_now = n.open_now,
    persisting_now = n.persisting_now,
    crossing_soon = n.crossing_soon,
    mature_8w = n.mature_8w
from (
    select
        *,
        open_now and persist_8w = 'PERSISTENT' as persisting_now,
        open_now and onset_known and days_open > w_lo_days and days_open <= w_hi_days as crossing_soon,
        coalesce(onset_known and days_open >= w_hi_days + maturity_grace_days, false) as mature_8w
    from (
        select
            s.episode_key,
            s.persist_8w,
            s.onset_known,
            m.now,
            p.w_lo_days,
            p.w_hi_days,
            p.maturity_grace_days,
            s.days_open + date_diff('day', m.was, m.now) as days_open,
            s.resolved_date is null and s.recurrence_date is null and s.close_date is null
                and coalesce(date_diff('day', s.last_seen_date, m.now) <= 90, false) as open_now
        from snap.episode as s
        join moved_source as m on m.source = s.source
        cross join snap.param_set as p
    ) as opened
) as n
where n.episode_key = e.episode_key
