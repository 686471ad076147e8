-- Services whose last day of the data is another one than when they were published (`stg_episode`
-- has that day the same way): the day as it was and as it is.
with per_stream as (
    select 'before' as world, source, stream, max(extract_date) as last_day
    from before.landing_file
    where current
    group by source, stream
    union all
    select 'after', source, stream, max(extract_date)
    from after.landing_file
    where current
    group by source, stream
),

covered as (
    select world, source, min(last_day) as last_day
    from per_stream
    group by world, source
)

select
    b.source,
    b.last_day as was,
    a.last_day as now,
    least(b.last_day, a.last_day) as earlier,
    greatest(b.last_day, a.last_day) as later
from covered as b
join covered as a on a.source = b.source
where b.world = 'before' and a.world = 'after' and b.last_day <> a.last_day
