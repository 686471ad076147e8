-- Months that a period can begin or end with. Grain: month of first contact.
select distinct date_trunc('month', first_contact_date)::date as "month"
from episode
where
    first_contact_date is not null
    and (
        len($sites::varchar[]) = 0
        or list_contains($sites::varchar[], coalesce(site_id, 'unknown'))
    )
order by "month"
