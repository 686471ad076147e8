-- One row per trigger, for the pages.
with breaches as (
    select * from breach
)

select
    episode_key,
    cast(level as tinyint) as level,
    breach_date,
    new_flag,
    result,
    action_id,
    action_date,
    allowed_days,
    cast(days_to_referral as integer) as days_to_referral,
    timely,
    possible
from breaches
order by episode_key, breach_date
