-- How many audit cases are not reviewed, reviewed, or changed since their review. Grain: state.
-- $review_keys, $review_marks: the reviews that stand, one list per column.
with reviews as (
    select
        unnest($review_keys::varchar[]) as case_key,
        unnest($review_marks::varchar[]) as mark
),

cases as (
    select
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
    state,
    count(*) as n
from cases
group by state
