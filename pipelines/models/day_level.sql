-- One row per episode part and day with an evaluated contact: the worst of the day.
with results as (
    select * from contact_result
),

numbered as (
    select
        *,
        min(contact_date) over (partition by episode_key) as first_day
    from results
)

select
    episode_key,
    contact_date as day,
    max(lb) as lb,
    max(ub) as ub,
    -- A later contact at which no safety question was answered is "not re-screened", not doubt.
    max(
        case
            when contact_date > first_day and screen_answered = 0
                then greatest(lb, case when l_tims is null then 1 else 0 end)
            else filled_ub
        end
    ) as filled_ub,
    bool_or(h4_state = 'permitted') as h4_permitted,
    bool_or(h4_state = 'due') as h4_due,
    contact_date = first_day as is_first
from numbered
group by episode_key, contact_date, first_day
