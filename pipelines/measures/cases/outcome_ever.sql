-- Episodes by triage outcome at any time: self-management only where nothing above it is left open,
-- else not settled.
select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when e.worst_lb is null then 'NO_RESULT'
    end as reason,
    case when e.worst_lb = 0 and e.worst_ub > 0 then 'NOT_SETTLED' else level.code end as bar,
    true as hit
from episode as e
left join level on level.level = e.worst_lb
