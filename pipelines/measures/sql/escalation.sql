-- Levels at the first evaluated contact and ever. Grain of the answer: one row per combination.
-- gp_by_56: a level of GP or above within 56 days of the first contact, judged where 56 days have passed.
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
        first_lb,
        first_ub,
        worst_lb,
        worst_ub,
        coalesce(first_cancer_only, false) as cancer_only,
        coalesce(screen_complete_first, false) as screen_complete,
        coalesce(extract_date >= first_contact_date + 56, false) as followed_56,
        coalesce(first_date_gp <= first_contact_date + 56, false) as gp_by_56,
        count(*)::bigint as n
    from filtered
    group by all
)

select * from final order by all
