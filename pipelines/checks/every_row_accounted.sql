-- Triage rows that hold now = contacts + repeats + merged versions + rows after the extract date.
with current_rows as (
    select count(*) as n from stg_triage
),

kept as (
    select
        (select count(*) from stg_contact) as contacts,
        (select count(*) from stg_triage where contact_date > extract_date) as after_extract
)

select c.n as wrong
from current_rows as c
cross join kept as k
where k.contacts + k.after_extract > c.n
