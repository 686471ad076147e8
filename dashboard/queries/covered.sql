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
where @selected(placed_date)
