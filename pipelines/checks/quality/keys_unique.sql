-- Rows that share their key with another row that holds at the same time.
with keyed as (
    select source, 'triage' as part, row_key from triage_current
    union all
    select source, 'exercise log', row_key from log_current
    union all
    select source, 'referral', row_key from referral_current
),

counted as (
    select source, part, row_key, count(*) as times
    from keyed
    where row_key is not null
    group by source, part, row_key
)

select source, part, coalesce(sum(case when times > 1 then times end), 0) as n_wrong, sum(times) as n_rows
from counted
group by source, part
