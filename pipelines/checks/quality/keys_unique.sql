-- Rows that share their key with another row that holds at the same time.
select source, 'triage' as part, coalesce(sum(case when times > 1 then times end), 0) as n_wrong, sum(times) as n_rows
from (
    select source, row_key, count(*) as times
    from triage_current
    where row_key is not null
    group by source, row_key
) as keyed
group by source
