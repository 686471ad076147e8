-- One row per episode that was closed: the latest closure that the export gives, and its reason.
with contacts as (
    select * from stg_contact
)

select
    ep,
    arg_max(close_date, contact_key) filter (where close_date is not null) as close_date,
    arg_max(close_reason, contact_key) filter (where close_reason is not null) as close_reason
from contacts
group by ep
having count(close_date) > 0 or count(close_reason) > 0
