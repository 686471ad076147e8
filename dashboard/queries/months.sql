-- Months that a period can begin or end with. Grain: month of first contact.
select distinct date_trunc('month', first_contact_date)::date as "month"
from episode
where first_contact_date is not null
order by "month"
