-- Discharged episodes by whether the person came back with another one within 12 weeks.
with people as (
    select
        *,
        coalesce(first_contact_date, last_contact_date) as placed_date,
        -- Without a pseudonym of the person the episode's own name stands in for it.
        patient_id = source || '/' || base_episode_id as person_unknown
    from episode
),

back as (
    select distinct e.episode_key
    from people as e
    join people as l on l.source = e.source
        and l.patient_id = e.patient_id
        and l.base_episode_id <> e.base_episode_id
        and l.first_seen_date > e.close_date
        and l.first_seen_date <= e.close_date + 84
    where e.close_date is not null and not e.person_unknown
)

select
    e.episode_key,
    null::varchar as detail,
    e.placed_date as clock_date,
    @dims(e),
    e.extract_date >= last_day(e.placed_date) + 180 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when e.close_date is null then 'NOT_DISCHARGED'
        when e.person_unknown then 'PERSON_UNKNOWN'
        when e.close_date > e.extract_date - 84 then 'NOT_YET_DUE'
    end as reason,
    back.episode_key is not null as hit
from people as e
left join back on back.episode_key = e.episode_key
