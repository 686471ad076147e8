-- Statuses at 6 and 8 weeks. Grain of the answer: one row per combination.
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
        coalesce(persist_6w, 'NO_DATA') as persist_6w,
        coalesce(persist_8w, 'NO_DATA') as persist_8w,
        coalesce(entry_cohort, 'unknown') as cohort,
        coalesce(mature_8w, false) as mature,
        coalesce(persisting_now, false) as persisting_now,
        coalesce(crossing_soon, false) as crossing_soon,
        coalesce(tti_event, 'excluded') as improvement,
        count(*)::bigint as n
    from filtered
    group by all
)

select * from final order by all
