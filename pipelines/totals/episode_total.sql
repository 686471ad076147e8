-- How many episodes there are, and how many of them the rules could judge.
-- Grain of the answer: month x site x value of one further dimension (`cut` '' for none).
-- The day of an episode is not kept: two of a month and site look the same.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

told as (
    select
        date_trunc('month', placed_date)::date as month,
        date_trunc('month', first_contact_date)::date as first_month,
        coalesce(site_id, 'unknown') as site,
        coalesce(age_band, 'unknown') as age_band,
        coalesce(sex, 'unknown') as sex,
        coalesce(ethnic_group, 'unknown') as ethnic_group,
        coalesce(imd_quintile, 'unknown') as imd_quintile,
        coalesce(phenotype, 'unknown') as pattern,
        coalesce(entry_cohort, 'unknown') as entry_cohort,
        n_evaluated
    from episodes
)

select
    case
        when grouping(age_band) = 0 then 'age_band'
        when grouping(sex) = 0 then 'sex'
        when grouping(ethnic_group) = 0 then 'ethnic_group'
        when grouping(imd_quintile) = 0 then 'imd_quintile'
        when grouping(pattern) = 0 then 'pattern'
        when grouping(entry_cohort) = 0 then 'entry_cohort'
        else ''
    end as cut,
    coalesce(age_band, sex, ethnic_group, imd_quintile, pattern, entry_cohort) as cut_value,
    month,
    site,
    min(first_month) as first_contact,
    max(first_month) as last_contact,
    count(*)::bigint as n,
    count_if(n_evaluated >= 1)::bigint as n_evaluated
from told
group by grouping sets (
    (month, site),
    (month, site, age_band),
    (month, site, sex),
    (month, site, ethnic_group),
    (month, site, imd_quintile),
    (month, site, pattern),
    (month, site, entry_cohort)
)
order by all
