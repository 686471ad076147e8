-- Completeness of the safety screen. Grain of the answer: month of the contact x site.
-- The unit is the contact, so period and sites apply to the contact itself.
with contacts as (
    select
        contact.contact_date,
        contact.screen_complete,
        coalesce(contact.site_id, episode.site_id) as site_id,
        episode.age_band,
        episode.sex,
        episode.ethnic_group,
        episode.imd_quintile,
        episode.phenotype,
        episode.entry_cohort,
        episode.extract_date
    from contact
    inner join episode on contact.episode_key = episode.episode_key
    where contact.evaluated
),

filtered as (
    select *
    from contacts
    where @selected(contact_date)
),

final as (
    select
        date_trunc('month', filtered.contact_date)::date as month,
        filtered.site_id,
        max(site.name) as site_name,
        bool_and(filtered.extract_date >= last_day(filtered.contact_date)) as mature,
        count(*)::bigint as denominator,
        count_if(filtered.screen_complete)::bigint as complete
    from filtered
    left join site on filtered.site_id = site.site_id
    group by all
)

select * from final order by month, site_id
