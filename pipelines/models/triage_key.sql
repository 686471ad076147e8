-- One row per triage row up to its extract date, without its cells. Doubtful: another row of the
-- episode is of the same day or has the same contact id, or questions have further answers; only
-- those rows are compared cell by cell and merged (stg_contact_row). The others are contacts as they are.
with rows as (
    select * from stg_triage where contact_date <= extract_date
),

answered_further as (
    select distinct file_id, line from stg_answer
)

select
    r.ep,
    r.contact_id,
    r.contact_date,
    r.file_id,
    r.line,
    a.line is not null
        or count(*) over (partition by r.ep, r.contact_date) > 1
        or count(*) over (partition by r.ep, r.contact_id) > 1 as doubtful
from rows as r
left join answered_further as a on a.file_id = r.file_id and a.line = r.line
