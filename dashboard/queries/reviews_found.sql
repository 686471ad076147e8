-- The selected audit cases by what they are, counted by what reviews found.
-- Grain: level, what was found, certainty, state of the review, and its finding (null while open).
-- $review_…: the reviews that stand, one list per column.
with reviews as (
    select
        unnest($review_keys::varchar[]) as case_key,
        unnest($review_marks::varchar[]) as mark,
        unnest($review_findings::varchar[]) as finding
),

cases as (
    select
        c.level,
        c.found,
        c.possible,
        c.case_key,
        r.finding,
        case
            when r.case_key is null then 'open'
            when r.mark = c.mark then 'reviewed'
            else 'changed'
        end as state
    from audit_case as c
    left join reviews as r on r.case_key = c.case_key
    where @selected(day)
)

select
    cases.level as level,
    level.level as height,
    found,
    possible,
    state,
    finding,
    count(distinct case_key) as n
from cases
left join level on level.code = cases.level
group by cases.level, level.level, found, possible, state, finding
order by
    height desc nulls last,
    cases.level,
    case found when 'MISSED' then 1 when 'LATE' then 2 else 3 end,
    possible,
    state,
    finding
