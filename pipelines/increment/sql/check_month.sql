-- Contacts and unanswered questions by service and month: as published, less those of the touched
-- episodes as they were, with those as they are.
with moved as (
    select source, month, n_contacts, n_unanswered, n_asked from snap.check_month
    union all
    select source, month, -n_contacts, -n_unanswered, -n_asked from before.check_month
    union all
    select source, month, n_contacts, n_unanswered, n_asked from after.check_month
)

select
    source,
    month,
    cast(sum(n_contacts) as bigint) as n_contacts,
    cast(sum(n_unanswered) as bigint) as n_unanswered,
    cast(sum(n_asked) as bigint) as n_asked
from moved
group by source, month
having sum(n_contacts) > 0
order by source, month
