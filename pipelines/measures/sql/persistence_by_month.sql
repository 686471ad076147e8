-- Status at 8 weeks of those seen within 8 weeks of onset. Grain: month of first contact x site.
-- mature: the month is over and every onset in it lies 56 + 28 days back.
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
        date_trunc('month', filtered.first_contact_date)::date as month,
        filtered.site_id,
        max(site.name) as site_name,
        bool_and(
            coalesce(filtered.mature_8w, false)
            and filtered.extract_date >= last_day(filtered.first_contact_date)
        ) as mature,
        count_if(filtered.persist_8w = 'PERSISTENT')::bigint as persistent,
        count_if(filtered.persist_8w = 'NOT_PERSISTENT')::bigint as not_persistent,
        count_if(filtered.persist_8w = 'LOST')::bigint as lost,
        count_if(filtered.persist_8w = 'PENDING')::bigint as pending,
        count_if(filtered.persist_8w = 'NOT_YET_DUE')::bigint as not_yet_due
    from filtered
    left join site on filtered.site_id = site.site_id
    where filtered.n_evaluated >= 1 and filtered.entry_cohort = 'incident'
    group by all
)

select * from final order by month, site_id
