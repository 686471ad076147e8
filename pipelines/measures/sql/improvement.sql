-- Times to improvement. Grain of the answer: one row per event, day and reason.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

filtered as (
    select *
    from episodes
    where
        ($period_from::date is null or placed_date >= $period_from::date)
        and ($period_to::date is null or placed_date <= $period_to::date)
        and (len($sites::varchar[]) = 0 or list_contains($sites::varchar[], site_id))
),

final as (
    select
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
