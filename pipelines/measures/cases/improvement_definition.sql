-- Episodes by time to improvement under each published cut of the pain score; the clock, escalation
-- and exclusions are those of the main definition. A diary's improvement needs the next score,
-- within 28 days, to agree.
with definitions as (
    select
        unnest(['2 points and 30%', '2 points or 30%', '30%', '2 points', '50%']) as definition,
        unnest([2, null, null, 2, null]) as points_needed,
        unnest([30, null, 30, null, 50]) as percent_needed,
        unnest([false, true, false, false, false]) as either
),

-- The score that follows is found once for all definitions.
scores as (
    select
        episode_key,
        score_date,
        origin,
        is_baseline,
        baseline,
        baseline - value as fall,
        baseline - lead(value) over series as next_fall,
        lead(score_date) over series as next_date
    from score
    window series as (partition by episode_key order by score_date)
),

followed as (
    select
        s.episode_key,
        d.definition,
        s.score_date,
        s.origin,
        s.next_date,
        case
            when s.is_baseline then false
            when d.either then s.fall >= 2 or (s.baseline > 0 and 100 * s.fall >= 30 * s.baseline)
            else (d.points_needed is null or s.fall >= d.points_needed)
                and (d.percent_needed is null or (s.baseline > 0 and 100 * s.fall >= d.percent_needed * s.baseline))
        end as fell,
        case
            when s.next_date is null then null
            when d.either then s.next_fall >= 2 or (s.baseline > 0 and 100 * s.next_fall >= 30 * s.baseline)
            else (d.points_needed is null or s.next_fall >= d.points_needed)
                and (d.percent_needed is null or (s.baseline > 0 and 100 * s.next_fall >= d.percent_needed * s.baseline))
        end as next_fell
    from scores as s
    cross join definitions as d
),

improved as (
    select
        episode_key,
        definition,
        min(score_date) filter (
            where fell and (origin = 'contact' or (next_fell and date_diff('day', score_date, next_date) <= 28))
        ) as improved_date,
        -- A last diary improvement that nothing confirms is left out.
        max(score_date) filter (where not (origin = 'diary' and fell and next_date is null)) as last_date
    from followed
    group by episode_key, definition
),

referred as (
    select r.episode_key, min(r.referral_date) as day
    from referral as r
    cross join param_set as p
    where r.kind in ('referral', 'advice') and contains(p.competing_referrals, '|' || r.destination || '|')
    group by r.episode_key
),

episodes as (
    select
        e.*,
        coalesce(e.first_contact_date, e.last_contact_date) as placed_date,
        d.definition,
        i.improved_date as improved_on,
        i.last_date,
        least(
            case p.competing_rank
                when 1 then e.first_date_tims
                when 2 then e.first_date_gp
                when 3 then e.first_date_urgent
                when 4 then e.first_date_ae
            end,
            referred.day
        ) as escalated_on
    from episode as e
    cross join param_set as p
    cross join definitions as d
    left join improved as i on i.episode_key = e.episode_key and i.definition = d.definition
    left join referred on referred.episode_key = e.episode_key
)

select
    episode_key,
    null::varchar as detail,
    placed_date as clock_date,
    @dims,
    extract_date >= last_day(placed_date) + 84 as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when tti_reason in ('no_baseline', 'escalated_at_entry', 'baseline_floor', 'no_followup') then tti_reason
    end as reason,
    definition,
    0 as entry,
    date_diff(
        'day',
        baseline_date,
        case
            when escalated_on <= improved_on or (escalated_on is not null and improved_on is null) then escalated_on
            else coalesce(improved_on, last_date)
        end
    ) as exit,
    case
        when escalated_on <= improved_on or (escalated_on is not null and improved_on is null) then 2
        when improved_on is not null then 1
        else 0
    end as event
from episodes
