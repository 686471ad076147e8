-- The referral rows that hold now: files that a later one replaces, and rows that a later
-- correction or deletion replaces, are left out here (they stay in landing as history).
with rows as (
    select * from landing_referral
),

files as (
    select * from landing_file where stream = 'referral' and current
),

placed as (
    select
        r.* exclude (source),
        f.source,
        f.sequence as file_sequence,
        f.supply,
        max(case when f.supply = 'delta' then f.sequence end) over (
            partition by f.source, r.row_key
        ) as corrected_by
    from rows as r
    join files as f on f.file_id = r.file_id
)

select * exclude (supply, corrected_by)
from placed
where (row_key is null or corrected_by is null or file_sequence >= corrected_by)
    and not deleted
