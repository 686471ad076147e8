-- Rows of each file that holds now and of each check: as published, less those of the touched
-- episodes as they were, with those as they are. A check without a row to judge is not there, but
-- for what the load reports tell.
with moved as (
    select file_id, check_id, n_violated as n_wrong, n_rows from snap.check_file
    union all
    select file_id, check_id, -n_wrong, -n_rows from before_file_check
    union all
    select file_id, check_id, n_wrong, n_rows from after_file_check
),

summed as (
    select file_id, check_id, cast(sum(n_wrong) as bigint) as n_wrong, cast(sum(n_rows) as bigint) as n_rows
    from moved
    where check_id not in ('rows_as_stated', 'rows_set_aside')
    group by file_id, check_id
    having sum(n_rows) > 0
    union all
    select file_id, check_id, n_wrong, n_rows
    from after_file_check
    where check_id in ('rows_as_stated', 'rows_set_aside')
)

select f.file_id, f.name, f.source, f.stream, x.check_id, x.n_wrong, x.n_rows
from summed as x
join after.landing_file as f on f.file_id = x.file_id
order by f.sequence, x.check_id
