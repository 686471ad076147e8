-- Episodes by expected and recorded level, with a number for people who have several of them.
-- Grain of the answer: selection ('' for everything, else a site) x reason x levels x person.
-- The numbers are drawn anew for each selection and each publication.
with cases as (
    @cases
),

told as (
    select
        coalesce(site_id, 'unknown') as own_site,
        @reason as reason,
        case when @reason is null then expected end as expected,
        case when @reason is null then recorded end as recorded,
        case when @reason is null then patient_id end as patient_id,
        mature
    from cases
),

selections as (
    select '' as site, * from told
    union all
    select own_site as site, * from told
),

numbered as (
    select
        *,
        case
            when patient_id is not null
                then dense_rank() over (
                    partition by site, patient_id is null
                    order by sha256($salt || site || patient_id)
                )
        end as person
    from selections
)

select
    site,
    reason,
    expected,
    recorded,
    person::varchar as patient_id,
    bool_and(mature) as mature,
    count(*)::bigint as n
from numbered
group by all
order by all
