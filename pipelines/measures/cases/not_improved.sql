-- Episodes by whether a clinically important improvement was seen by 8 weeks from onset; one of the
-- other ways to say "not settled by then".
with episodes as (
    select
        *,
        coalesce(first_contact_date, last_contact_date) as placed_date,
        onset_latest + 56 as landmark,
        coalesce(
            improved_date,
            case when tti_event in ('censored', 'escalated') then baseline_date + tti_days end
        ) as scored_until
    from episode
)

select
    episode_key,
    null::varchar as detail,
    placed_date as clock_date,
    @dims,
    extract_date >= last_day(placed_date)
        and (entry_cohort is distinct from 'incident' or coalesce(mature_8w, false)) as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when entry_cohort = 'prevalent' then 'ARRIVED_PAST_8_WEEKS'
        when entry_cohort is distinct from 'incident' then 'COHORT_UNKNOWN'
        when not coalesce(mature_8w, false) then 'NOT_MATURE'
        when tti_reason in ('no_baseline', 'baseline_floor', 'no_followup') then tti_reason
        when improved_date <= landmark then null
        when scored_until >= landmark then null
        else 'LOST'
    end as reason,
    coalesce(improved_date > landmark, true) as hit
from episodes
