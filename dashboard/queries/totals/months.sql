-- Months that a period can begin or end with. Grain: month of first contact.
select distinct first_contact as "month"
from episode_total
where
    first_contact is not null
    and (len($sites::varchar[]) = 0 or list_contains($sites::varchar[], site))
order by "month"
