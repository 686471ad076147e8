-- One row per episode part: time from the first score to a clinically important improvement,
-- ended by escalation; a diary's improvement needs the next score, within 28 days, to agree.
with parts as (
    select * from episode_part
),

scores as (
    select * from score
),

parameters as (
    select * from param_set
),

levels as (
    select * from day_level
),

referrals as (
    select * from referral_all where kind in ('referral', 'advice')
),

scored as (
    select
        episode_key,
        min(baseline_date) as baseline_date,
        min(baseline) as baseline_score,
        max(measure) as measure,
        count(*) as n_score_days,
        min(case
            when kpi_fall and (origin = 'contact' or (next_kpi_fall and date_diff('day', score_date, next_date) <= 28))
                then score_date
        end) as improved_date,
        max(score_date) as last_score_date,
        -- A last diary improvement that nothing confirms is left out.
        max(case
            when origin = 'diary' and kpi_fall and next_date is null then null else score_date
        end) as last_sure_date
    from scores
    group by episode_key
),

escalation as (
    select u.episode_key, min(d.day) as day
    from parts as u
    join parameters as p on p.ps = u.ps
    join levels as d on d.episode_key = u.episode_key
    where d.lb >= p.competing_rank
    group by u.episode_key
),

referred as (
    select u.episode_key, min(r.referral_date) as day
    from parts as u
    join parameters as p on p.ps = u.ps
    join referrals as r on r.episode_key = u.episode_key
    where contains(p.competing_referrals, '|' || r.destination || '|')
    group by u.episode_key
),

joined as (
    select
        u.episode_key,
        s.* exclude (episode_key),
        p.min_baseline_nprs,
        least(coalesce(e.day, r.day), coalesce(r.day, e.day)) as escalated_date
    from parts as u
    join parameters as p on p.ps = u.ps
    left join scored as s on s.episode_key = u.episode_key
    left join escalation as e on e.episode_key = u.episode_key
    left join referred as r on r.episode_key = u.episode_key
),

judged as (
    select
        *,
        case
            when baseline_date is null then 'no_baseline'
            when escalated_date <= baseline_date then 'escalated_at_entry'
            when baseline_score < min_baseline_nprs then 'baseline_floor'
            when escalated_date <= improved_date or (escalated_date is not null and improved_date is null) then 'escalated'
            when improved_date is not null then 'improved'
            when n_score_days = 1 then 'no_followup'
            else 'censored'
        end as verdict
    from joined
)

select
    episode_key,
    baseline_date,
    baseline_score,
    measure,
    coalesce(n_score_days, 0) as n_score_days,
    improved_date,
    last_score_date,
    case when verdict in ('improved', 'escalated', 'censored') then verdict else 'excluded' end as tti_event,
    case verdict
        when 'improved' then date_diff('day', baseline_date, improved_date)
        when 'escalated' then date_diff('day', baseline_date, escalated_date)
        when 'censored' then date_diff('day', baseline_date, last_sure_date)
    end as tti_days,
    case when verdict not in ('improved', 'escalated', 'censored') then verdict end as tti_reason
from judged
