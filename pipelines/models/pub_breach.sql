-- One row per trigger, with its episode's dimensions.
with breaches as (
    select * from breach
),

episodes as (
    select * from episode
)

select
    b.episode_key,
    e.site_id,
    e.age_band,
    e.sex,
    e.ethnic_group,
    e.imd_quintile,
    e.phenotype,
    e.entry_cohort,
    e.extract_date,
    cast(b.level as tinyint) as level,
    b.breach_date,
    b.new_flag,
    b.result,
    b.action_id,
    b.action_date,
    b.allowed_days,
    cast(b.days_to_referral as integer) as days_to_referral,
    b.timely,
    b.possible
from breaches as b
join episodes as e on e.episode_key = b.episode_key
order by b.episode_key, b.breach_date
