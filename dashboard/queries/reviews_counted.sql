-- What `reviews_found.sql` gives, for data in which each audit case has a key of its own: then rows
-- can be counted, which takes a tenth of counting keys.
-- Grain: level, what was found, certainty, state of the review, and its finding (null while open).
-- $review_…: the reviews that stand, one list per column.
with reviews as (
    select
        unnest($review_keys::varchar[]) as case_key,
        unnest($review_marks::varchar[]) as mark,
        unnest($review_findings::varchar[]) as finding
),

told as (
    select
        c.level,
        c.found,
        c.possible,
        case when r.mark = c.mark then 'reviewed' else 'changed' end as state,
        r.finding,
        count(*) as n
    from audit_case as c
    inner join reviews as r on r.case_key = c.case_key
    where @selected(day)
    group by all
),

every as (
    select
        level,
        found,
        possible,
        count(*) as n
    from audit_case
    where @selected(day)
    group by all
),

untold as (
    select
        every.level,
        every.found,
        every.possible,
        'open' as state,
        null::varchar as finding,
        any_value(every.n) - coalesce(sum(told.n), 0) as n
    from every
    left join told on told.level is not distinct from every.level
        and told.found is not distinct from every.found
        and told.possible is not distinct from every.possible
    group by every.level, every.found, every.possible
),

counted as (
    select * from told
    union all
    select * from untold
)

select
    counted.level as level,
    level.level as height,
    found,
    possible,
    state,
    finding,
    n::bigint as n
from counted
left join level on level.code = counted.level
where n > 0
order by
    height desc nulls last,
    counted.level,
    case found when 'MISSED' then 1 when 'LATE' then 2 else 3 end,
    possible,
    state,
    finding
