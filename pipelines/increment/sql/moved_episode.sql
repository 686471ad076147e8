-- Published episodes for which another last day of the data changes more than `as_of.sql` sets:
-- a landmark comes or goes, the window of the exercise diary still grows, a trigger's time runs out.
with parameters as (
    select * from snap.param_set
),

parts as (
    select e.*, m.was, m.now, m.earlier, e.episode_key as key, m.was - cast(e.days_open as integer) as ol
    from snap.episode as e
    join moved_source as m on m.source = e.source
),

landmarks as (
    select unnest([
        w_lo_days, w_lo_days + landmark_grace_days, w_hi_days, w_hi_days + landmark_grace_days
    ]) as days
    from parameters
),

by_landmark as (
    select u.source, u.base_episode_id
    from parts as u
    cross join landmarks as l
    where (date_diff('day', u.onset_earliest, u.was) <= l.days)
            <> (date_diff('day', u.onset_earliest, u.now) <= l.days)
        or (date_diff('day', u.ol, u.was) <= l.days) <> (date_diff('day', u.ol, u.now) <= l.days)
),

by_diary as (
    select source, base_episode_id
    from parts
    where n_log_days is not null
        and first_contact_date + 83 > earlier
        and coalesce(close_date > earlier, true)
),

by_trigger as (
    select u.source, u.base_episode_id
    from parts as u
    join snap.breach as b on b.episode_key = u.key
    where b.action_date is null
        and (date_diff('day', b.breach_date, u.was) < b.allowed_days)
            <> (date_diff('day', b.breach_date, u.now) < b.allowed_days)
)

select distinct source, base_episode_id as episode_id, 'landmark' as cause from by_landmark
union all
select distinct source, base_episode_id, 'diary' from by_diary
union all
select distinct source, base_episode_id, 'trigger' from by_trigger
