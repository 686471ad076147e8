-- Episodes by what their first day with an evaluated contact shows.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when first_lb is null then 'NO_RESULT'
    end as reason,
    first_lb >= 2 as confirmed,
    first_ub >= 2 as not_ruled_out,
    first_lb >= 2 and not coalesce(first_cancer_only, false) as without_cancer_only,
    coalesce(screen_complete_first, false) as screen_complete,
    coalesce(screen_sufficient_first, false) as screen_sufficient
from episode
