-- How many episodes a filter covers, and how many of them the rules could judge.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
)

select
    count(*)::bigint as n,
    count_if(n_evaluated >= 1)::bigint as n_evaluated,
    min(first_contact_date) as first_contact,
    max(first_contact_date) as last_contact
from episodes
where
    ($period_from::date is null or placed_date >= $period_from::date)
    and ($period_to::date is null or placed_date <= $period_to::date)
    and (len($sites::varchar[]) = 0 or list_contains($sites::varchar[], site_id))
