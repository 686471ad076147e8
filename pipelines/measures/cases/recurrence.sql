-- Episodes that resolved, with 30 days or more of later information, by whether pain came back.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 84
        and (not coalesce(onset_known, false) or coalesce(mature_8w, false)) as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when resolved_date is null then 'NOT_RESOLVED'
        when recurrence_date is null
            and not coalesce(date_diff('day', resolved_date, last_observed_date) >= 30, false)
            then 'NO_FOLLOW_UP_30'
    end as reason,
    recurrence_date is not null as hit
from episode
