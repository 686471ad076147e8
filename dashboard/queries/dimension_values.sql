-- Values of every dimension but the site, unknown last. Grain: dimension x value.
with found as (
    select 'age_band' as dimension, age_band as value from episode
    union
    select 'sex', sex from episode
    union
    select 'ethnic_group', ethnic_group from episode
    union
    select 'imd_quintile', imd_quintile from episode
    union
    select 'pattern', phenotype from episode
    union
    select 'entry_cohort', coalesce(entry_cohort, 'unknown') from episode
)

select dimension, value
from found
where value is not null
order by dimension, lower(value) = 'unknown', value
