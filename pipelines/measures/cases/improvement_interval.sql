-- Episodes by the two days between which a clinically important improvement came, counted from the
-- first pain score: the last score without it, and the first with it (null: never seen). What was
-- done meanwhile does not end it; `exit` and `event` tell what came first, improvement or escalation.
with scores as (
    select * from score
),

episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

-- A last diary improvement that nothing confirms says neither.
without as (
    select e.episode_key, max(s.score_date) as last_without
    from episodes as e
    join scores as s on s.episode_key = e.episode_key
    where s.kpi_fall is not true and (e.improved_date is null or s.score_date < e.improved_date)
    group by e.episode_key
)

select
    e.episode_key,
    null::varchar as detail,
    e.placed_date as clock_date,
    @dims(e),
    e.extract_date >= last_day(e.placed_date) + 84 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when e.tti_event in ('improved', 'escalated', 'censored') and w.last_without is not null
            and (e.improved_date is not null or e.n_score_days >= 2) then null
        when e.tti_event in ('escalated', 'censored') then 'no_followup'
        else coalesce(e.tti_reason, 'no_baseline')
    end as reason,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when e.tti_event in ('improved', 'escalated', 'censored') and e.tti_days is not null then null
        else coalesce(e.tti_reason, 'no_baseline')
    end as reason_first,
    e.tti_days as exit,
    case e.tti_event when 'improved' then 1 when 'escalated' then 2 else 0 end as event,
    date_diff('day', e.baseline_date, w.last_without) as seen_without,
    date_diff('day', e.baseline_date, e.improved_date) as seen_with,
    0 as stratum
from episodes as e
left join without as w on w.episode_key = e.episode_key
