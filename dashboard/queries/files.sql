-- Files that were taken in and what became of their records. Grain: one row per file.
select
    file_id,
    name,
    source,
    stream,
    profile,
    extract_date,
    ingested_at,
    physical,
    accepted,
    quarantined,
    dropped,
    physical - accepted - quarantined - dropped as unaccounted,
    current as in_use
from file
order by ingested_at desc, sequence desc
