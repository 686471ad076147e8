-- Current triage rows with their episode's key; a missing contact id is made from the row.
with triage as (
    select * from triage_current
),

episodes as (
    select * from stg_episode
)

select
    t.* replace (
        coalesce(
            t.contact_id,
            concat_ws('-', cast(t.contact_date as varchar), t.contact_time, t.contact_type, substr(t.file_id, 1, 6), cast(t.line as varchar))
        ) as contact_id,
        coalesce(t.contact_type, 'triage') as contact_type
    ),
    e.ep,
    e.ps,
    e.extract_date
from triage as t
join episodes as e on e.source = t.source and e.episode_id = t.episode_id
