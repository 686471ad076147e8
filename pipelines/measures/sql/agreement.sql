-- Category of each audited episode. Grain of the answer: one row per combination.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

filtered as (
    select *
    from episodes
    where @selected(placed_date)
),

final as (
    select
        @place
        n_evaluated >= 1 as seen,
        coalesce(audit_category, 'NOT_AUDITABLE') as category,
        coalesce(worst_lb = worst_ub, false) as settled,
        worst_lb as expected,
        recorded,
        count(*)::bigint as n
    from filtered
    group by all
)

select * from final order by all
