-- Episodes by whether their safety questions are settled, later answers counted back.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 14 as mature,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason,
    worst_status <> 'INCOMPLETE_SAFETY' as hit
from episode
