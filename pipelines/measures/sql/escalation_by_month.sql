-- Escalation at first contact. Grain of the answer: month of first contact x site.
-- month_over: the data reach the end of the month, so no more first contacts can fall in it.
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
        bool_and(filtered.extract_date >= last_day(filtered.first_contact_date)) as mature,
        count(*)::bigint as denominator,
        count_if(filtered.first_lb >= 2)::bigint as confirmed,
        count_if(filtered.first_ub >= 2)::bigint as not_ruled_out,
        count_if(
            filtered.first_lb >= 2 and not coalesce(filtered.first_cancer_only, false)
        )::bigint as without_cancer_only
    from filtered
    left join site on filtered.site_id = site.site_id
    where filtered.n_evaluated >= 1 and filtered.first_lb is not null
    group by all
)

select * from final order by month, site_id
