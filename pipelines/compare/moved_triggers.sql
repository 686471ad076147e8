-- Of the episodes $keys: triggers that only one side has, or whose result is another. Grain: trigger.
with before as (
    select b.*, l.label from old.breach as b join old.level as l on l.level = b.level
),

after as (
    select b.*, l.label from new.breach as b join new.level as l on l.level = b.level
)

select
    coalesce(b.episode_key, a.episode_key) as episode_key,
    coalesce(b.breach_date, a.breach_date) as breach_date,
    coalesce(a.label, b.label) as label,
    b.result as old_result,
    b.timely as old_timely,
    a.result as new_result,
    a.timely as new_timely
from before as b
full join after as a
    on a.episode_key = b.episode_key
    and a.breach_date = b.breach_date
    and a.level = b.level
    and a.new_flag = b.new_flag
where
    (b.result is distinct from a.result or b.timely is distinct from a.timely)
    and coalesce(b.episode_key, a.episode_key) in (select unnest($keys))
order by episode_key, breach_date, coalesce(b.level, a.level)
