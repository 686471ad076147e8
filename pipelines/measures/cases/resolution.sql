-- Episodes by time from onset to resolution (event 1), under observation from the first contact.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 84
        and (not coalesce(onset_known, false) or coalesce(mature_8w, false)) as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when res_entry is null or res_exit is null then 'ONSET_UNKNOWN'
    end as reason,
    res_entry as entry,
    res_exit as exit,
    coalesce(res_event, false)::integer as event
from episode
