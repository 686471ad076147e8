-- The first cases of `queue.sql`, whose parameters but $after it takes: of many cases only what
-- decides their order is read, and the rest of those that are listed.
-- Grain: one row per trigger or action of an episode part.
with reviews as (
    select
        unnest($review_keys::varchar[]) as case_key,
        unnest($review_marks::varchar[]) as mark,
        unnest($review_findings::varchar[]) as finding,
        unnest($review_by::varchar[]) as reviewer
),

cases as (
    select
        c.rowid as case_row,
        c.case_key,
        c.place,
        c.possible,
        c.day,
        c.episode_key,
        c.found,
        c.level,
        c.rules,
        c.days,
        c.allowed_days,
        r.finding as review,
        r.reviewer,
        case
            when r.case_key is null then 'open'
            when r.mark = c.mark then 'reviewed'
            else 'changed'
        end as state
    from audit_case as c
    left join reviews as r on r.case_key = c.case_key
    where @selected(day)
),

listed as (
    select
        case_row,
        review,
        reviewer,
        state,
        list_position($sample::varchar[], case_key) as sampled,
        place,
        possible,
        day,
        episode_key
    from cases
    where
        (len($found::varchar[]) = 0 or list_contains($found::varchar[], found))
        and (len($levels::varchar[]) = 0 or list_contains($levels::varchar[], level))
        and (
            len($rules::varchar[]) = 0
            or list_has_any($rules::varchar[], string_split(rules, ','))
        )
        and ($certain = '' or possible = ($certain = 'possible'))
        -- What was never acted on has no lateness, so a wish for one leaves it out.
        and ($late_from::integer is null or days - allowed_days >= $late_from::integer)
        and ($late_to::integer is null or days - allowed_days <= $late_to::integer)
        and (len($sample::varchar[]) = 0 or list_contains($sample::varchar[], case_key))
        and (len($states::varchar[]) = 0 or list_contains($states::varchar[], state))
        and (len($findings::varchar[]) = 0 or list_contains($findings::varchar[], review))
        and (len($reviewers::varchar[]) = 0 or list_contains($reviewers::varchar[], reviewer))
),

first as (
    select *
    from listed
    order by sampled, place, possible, day, episode_key, case_row
    limit $most
)

select
    c.*,
    first.review,
    first.reviewer,
    first.state,
    (select count(*) from listed) as n_all
from first
inner join audit_case as c on c.rowid = first.case_row
order by first.sampled, first.place, first.possible, first.day, first.episode_key, first.case_row
