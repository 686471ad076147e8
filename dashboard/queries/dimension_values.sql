-- Values of every dimension but the site, unknown last. Grain: dimension x value.
with own as (
    select *
    from episode
    where
        len($sites::varchar[]) = 0
        or list_contains($sites::varchar[], coalesce(site_id, 'unknown'))
),

found as (
    select 'age_band' as dimension, age_band as value from own
    union
    select 'sex', sex from own
    union
    select 'ethnic_group', ethnic_group from own
    union
    select 'imd_quintile', imd_quintile from own
    union
    select 'pattern', phenotype from own
    union
    select 'entry_cohort', coalesce(entry_cohort, 'unknown') from own
)

select dimension, value
from found
where value is not null
order by dimension, lower(value) = 'unknown', value
