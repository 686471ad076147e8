-- Expected and recorded level, patient by patient, for the limits of kappa. A cell is
-- 5 * expected + recorded. Grain of the answer: one row per list of cells that patients share.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

filtered as (
    select *
    from episodes
    where @selected(placed_date)
),

cells as (
    select
        coalesce(patient_id, 'episode ' || episode_key) as patient,
        5 * worst_lb::integer + recorded::integer as cell
    from filtered
    where
        n_evaluated >= 1
        and worst_lb = worst_ub
        and recorded is not null
        and audit_category in ('AGREE', 'LATE', 'UNDER', 'OVER')
),

patients as (
    select list(cell order by cell) as cells from cells group by patient
),

final as (
    select cells, count(*)::bigint as n from patients group by all
)

select * from final order by all
