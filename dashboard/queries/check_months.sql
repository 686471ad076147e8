-- Contacts and unanswered safety questions per source and month. Grain: source and month.
select source, "month", n_contacts, n_unanswered, n_asked
from check_month
order by source, "month"
