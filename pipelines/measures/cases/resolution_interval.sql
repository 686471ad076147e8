-- Episodes first seen within 8 weeks of onset by the two days between which the symptoms ended: the
-- last day seen with them, and the first seen without (null: never). A discharge as resolved does
-- not count as seen: nobody is discharged as not resolved, so it would tell of one side alone.
with episodes as (
    select
        *,
        coalesce(first_contact_date, last_contact_date) as placed_date,
        case
            when resolved_date = close_date and close_reason = 'resolved' then null
            else resolved_date
        end as seen_clear
    from episode
),

days as (
    select
        *,
        greatest(
            res_entry, coalesce(date_diff('day', onset_latest, last_symptomatic_date), res_entry)
        ) as last_with,
        date_diff('day', onset_latest, seen_clear) as first_without
    from episodes
)

select
    episode_key,
    null::varchar as detail,
    placed_date as clock_date,
    @dims,
    extract_date >= last_day(placed_date) + 84
        and (entry_cohort is distinct from 'incident' or coalesce(mature_8w, false)) as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when entry_cohort = 'prevalent' then 'ARRIVED_PAST_8_WEEKS'
        when entry_cohort is distinct from 'incident' then 'COHORT_UNKNOWN'
        when onset_earliest is distinct from onset_latest then 'ONSET_NOT_TO_THE_DAY'
        when first_without <= last_with then 'RESOLVED_BEFORE_SEEN'
    end as reason,
    last_with as seen_without,
    first_without as seen_with,
    -- Who is first seen later has had it for longer: each week of arrival has a curve of its own.
    least(res_entry // 7, 7) as stratum
from days
