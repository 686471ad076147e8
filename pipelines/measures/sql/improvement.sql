-- Times to improvement. Grain of the answer: one row per event, day and reason.
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
        tti_event,
        tti_days,
        tti_reason,
        coalesce(n_score_days, 0) >= 2 as two_scores,
        count(*)::bigint as n
    from filtered
    group by all
)

select * from final order by all
