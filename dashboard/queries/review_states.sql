-- How many audit cases are not reviewed, reviewed, or changed since their review. Grain: state.
-- $review_keys, $review_marks: the reviews that stand, one list per column.
-- The cases are counted as a whole, and those of the reviews looked up: to join every case with
-- its review reads the key of each, of which there are hundreds of thousands.
with reviews as (
    select
        unnest($review_keys::varchar[]) as case_key,
        unnest($review_marks::varchar[]) as mark
),

told as (
    select case when r.mark = c.mark then 'reviewed' else 'changed' end as state
    from audit_case as c
    inner join reviews as r on r.case_key = c.case_key
    where @selected(day)
),

counted as (
    select
        state,
        count(*) as n
    from told
    group by state
    union all
    select
        'open' as state,
        count(*) - (select count(*) from told) as n
    from audit_case
    where @selected(day)
)

select
    state,
    n
from counted
where n > 0
