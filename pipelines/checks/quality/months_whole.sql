-- Weeks between a service's first and last contact without a single one.
with weeks as (
    select e.source, date_trunc('week', k.contact_date) as week
    from stg_contact as k
    join stg_episode as e on e.ep = k.ep
    group by e.source, date_trunc('week', k.contact_date)
),

spans as (
    select source, count(*) as seen, 1 + datediff('week', min(week), max(week)) as covered
    from weeks
    group by source
)

select source, 'weeks' as part, covered - seen as n_wrong, covered as n_rows
from spans
