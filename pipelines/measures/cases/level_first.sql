-- Episodes by level at the first contact: one case per episode and level.
select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when e.first_lb is null then 'NO_RESULT'
    end as reason,
    level.code as level,
    e.first_lb = level.level as exactly,
    e.first_lb >= level.level as at_least,
    e.first_ub >= level.level as not_ruled_out
from episode as e
cross join level
