-- What an auditor looks at, in the order of safety, with the review of each case, where it has one.
-- Grain: one row per trigger or action of an episode part. Within a place the confirmed before the
-- possible, the oldest first.
-- $found: MISSED, LATE, OVER (empty: all); $levels: level codes; $rules: rule ids; $certain:
-- 'confirmed', 'possible' or ''; $late_from, $late_to: days beyond those allowed (null: any);
-- $states, $findings, $reviewers: of the review; $sample: case
-- keys in the order of reading (empty: all cases); $after: a case whose followers come first;
-- $review_…: the reviews, one list per column.
with reviews as (
    select
        unnest($review_keys::varchar[]) as case_key,
        unnest($review_marks::varchar[]) as mark,
        unnest($review_findings::varchar[]) as finding,
        unnest($review_by::varchar[]) as reviewer
),

cases as (
    select
        c.*,
        c.rowid as case_row,
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

chosen as (
    select
        *,
        row_number() over (
            order by
                list_position($sample::varchar[], case_key),
                place,
                possible,
                day,
                episode_key,
                case_row
        ) as position
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
),

-- A case that was just reviewed is no longer among the open ones, and still has its place.
here as (
    select coalesce(max(position), 0) as position from chosen where case_key = $after
),

listed as (
    select *
    from chosen
    where
        (len($states::varchar[]) = 0 or list_contains($states::varchar[], state))
        and (len($findings::varchar[]) = 0 or list_contains($findings::varchar[], review))
        and (len($reviewers::varchar[]) = 0 or list_contains($reviewers::varchar[], reviewer))
        and case_key <> $after
)

select
    listed.*,
    count(*) over () as n_all
from listed
cross join here
order by listed.position <= here.position, listed.position
limit $most
