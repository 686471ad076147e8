-- One row per episode part: the worst levels, when each was first reached, and the status.
with days as (
    select * from day_level
),

parts as (
    select * from episode_part
),

worst as (
    select
        episode_key,
        max(lb) as worst_lb,
        greatest(max(filled_ub), max(lb)) as worst_ub,
        max(lb) filter (where is_first) as first_lb,
        max(ub) filter (where is_first) as first_ub,
        min(day) as first_evaluated_date,
        min(day) filter (where lb >= 1) as first_date_tims,
        min(day) filter (where lb >= 2) as first_date_gp,
        min(day) filter (where lb >= 3) as first_date_urgent,
        min(day) filter (where lb >= 4) as first_date_ae
    from days
    group by episode_key
)

select
    u.episode_key,
    coalesce(w.worst_lb, 0) as worst_lb,
    coalesce(w.worst_ub, 4) as worst_ub,
    w.first_lb,
    w.first_ub,
    w.first_evaluated_date,
    w.first_date_tims,
    w.first_date_gp,
    w.first_date_urgent,
    w.first_date_ae,
    w.worst_lb > w.first_lb as escalated_later,
    case
        when w.episode_key is null then 'NO_CONTACT'
        when w.worst_lb = w.worst_ub then 'DETERMINATE'
        when w.worst_ub >= 2 then 'INCOMPLETE_SAFETY'
        else 'INCOMPLETE_HELP'
    end as worst_status
from parts as u
left join worst as w on w.episode_key = u.episode_key
