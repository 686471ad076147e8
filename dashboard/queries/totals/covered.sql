-- How many episodes a filter covers, and how many of them the rules could judge, from totals: of
-- months, sites and one further dimension. First and last first contact are months.
with asked as (
    select
        case
            when len($age_bands::varchar[]) > 0 then 'age_band'
            when len($sexes::varchar[]) > 0 then 'sex'
            when len($ethnic_groups::varchar[]) > 0 then 'ethnic_group'
            when len($imd_quintiles::varchar[]) > 0 then 'imd_quintile'
            when len($patterns::varchar[]) > 0 then 'pattern'
            when len($cohorts::varchar[]) > 0 then 'entry_cohort'
            else ''
        end as cut,
        list_concat(
            $age_bands::varchar[], $sexes::varchar[], $ethnic_groups::varchar[],
            $imd_quintiles::varchar[], $patterns::varchar[], $cohorts::varchar[]
        ) as chosen
)

select
    coalesce(sum(n), 0)::bigint as n,
    coalesce(sum(n_evaluated), 0)::bigint as n_evaluated,
    min(first_contact) as first_contact,
    max(last_contact) as last_contact
from episode_total
cross join asked
where
    episode_total.cut = asked.cut
    and (asked.cut = '' or list_contains(asked.chosen, cut_value))
    and ($period_from::date is null or "month" >= $period_from::date)
    and ($period_to::date is null or "month" <= $period_to::date)
    and (len($sites::varchar[]) = 0 or list_contains($sites::varchar[], site))
