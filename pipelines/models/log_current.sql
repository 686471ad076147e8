-- The exercise_log rows that hold now: files that a later one replaces, and rows that a later
-- correction or deletion replaces, are left out here (they stay in landing as history).
with rows as (
    select * from landing_exercise_log
),

row_keys as (
    select file_id, row_key from landing_exercise_log where row_key is not null
),

files as (
    select * from landing_file where stream = 'exercise_log' and current
),

-- Which rows a correction or deletion names, and the last file that does: few, so the rows
-- themselves need no sorting.
corrected as (
    select f.source, r.row_key, max(f.sequence) as corrected_by
    from row_keys as r
    join files as f on f.file_id = r.file_id
    where f.supply = 'delta'
    group by f.source, r.row_key
)

select
    r.* exclude (source),
    f.source,
    f.sequence as file_sequence
from rows as r
join files as f on f.file_id = r.file_id
left join corrected as c on c.source = f.source and c.row_key = r.row_key
where (c.corrected_by is null or f.sequence >= c.corrected_by)
    and not r.deleted
