-- Days between one scored day and the next, up to the day that decides the outcome.
-- Improvement is dated on the day it is seen, so this is how late that day can be.
-- Grain of the answer: number of days.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

filtered as (
    select *
    from episodes
    where @selected(placed_date)
),

days as (
    select distinct
        filtered.episode_key,
        filtered.placed_date,
        filtered.site_id,
        filtered.age_band,
        filtered.sex,
        filtered.ethnic_group,
        filtered.imd_quintile,
        filtered.phenotype,
        filtered.entry_cohort,
        score.score_date
    from filtered
    inner join score on filtered.episode_key = score.episode_key
    where
        filtered.n_evaluated >= 1
        and filtered.tti_event in ('improved', 'escalated', 'censored')
        and score.score_date between filtered.baseline_date
        and filtered.baseline_date + filtered.tti_days
),

gaps as (
    select
        *,
        score_date - lag(score_date) over (
            partition by episode_key order by score_date
        ) as gap_days
    from days
),

final as (
    select
        @place
        gap_days,
        count(*)::bigint as n
    from gaps
    where gap_days is not null
    group by all
)

select * from final order by all
