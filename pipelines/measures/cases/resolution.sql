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
        -- A diary that began before the first contact can show the end before it.
        when res_exit < res_entry and res_event then 'RESOLVED_BEFORE_SEEN'
        when res_exit < res_entry then 'NO_FOLLOW_UP'
    end as reason,
    res_entry as entry,
    res_exit as exit,
    -- Seen free of symptoms on `exit`; it may have happened on any day after the last one with them.
    case
        when res_event then least(
            res_exit,
            greatest(res_entry, coalesce(date_diff('day', onset_latest, last_symptomatic_date) + 1, res_entry))
        )
        else res_exit
    end as exit_early,
    coalesce(res_event, false)::integer as event
from episode
