-- One row per episode and day on which symptoms were seen to be present or absent.
-- A diary's 0 counts only when the next observation, at most 28 days on, agrees.
with contact_days as (
    select * from contact_day where symptomatic is not null
),

-- The kind of score that contacts use decides whether the diary's can be set beside it.
measures as (
    select ep, arg_min(coalesce(nprs, -1), day) >= 0 as overall
    from contact_day
    where coalesce(nprs, nprs_leg, nprs_back) is not null
    group by ep
),

-- A contact's score wins its day.
diary_days as (
    select d.ep, d.day, d.nprs_today
    from log_day as d
    join stg_episode as e on e.ep = d.ep
    join param_set as p on p.ps = e.ps
    left join measures as m on m.ep = d.ep
    left join contact_day as c on c.ep = d.ep and c.day = d.day
    where d.nprs_today is not null
        and p.diary_scores = 'confirmed'
        and coalesce(m.overall, true)
        and c.nprs is null
),

closed as (
    select c.ep, c.close_date as day
    from episode_close as c
    join stg_episode as e on e.ep = c.ep
    where c.close_reason = 'resolved' and c.close_date <= e.extract_date
),

observed as (
    select ep, day, symptomatic, true as by_contact from contact_days
    union all
    select ep, day, nprs_today >= 1, false from diary_days
    union all
    select ep, day, false, true from closed
),

days as (
    select
        ep,
        day,
        bool_or(symptomatic) as symptomatic,
        bool_or(by_contact and not symptomatic) as seen_clear
    from observed
    group by ep, day
),

followed as (
    select
        *,
        lead(symptomatic) over (partition by ep order by day) as next_symptomatic,
        lead(day) over (partition by ep order by day) as next_day
    from days
)

select ep, day, symptomatic
from followed
where symptomatic
    or seen_clear
    or (next_symptomatic is false and date_diff('day', day, next_day) <= 28)
