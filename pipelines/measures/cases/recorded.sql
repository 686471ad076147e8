-- Episodes by what was recorded as done: any referral or advice at GP level or above.
with done as (
    select episode_key, max(destination_rank) as highest
    from referral
    where kind <> 'gp_source'
    group by episode_key
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 28 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when not e.action_source then 'NO_ACTION_SOURCE'
    end as reason,
    coalesce(done.highest >= 2, false) as hit
from episode as e
left join done on done.episode_key = e.episode_key
