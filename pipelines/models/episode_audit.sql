-- One row per episode part: one category for what was done against what the rules say, and why
-- nothing can be said where nothing can.
with levels as (
    select * from episode_level
),

parts as (
    select * from episode_part
),

sources as (
    select * from stg_episode
),

parameters as (
    select * from param_set
),

contacts as (
    select * from contact
),

files as (
    select * from landing_file
),

breaches as (
    select * from breach
),

actions as (
    select * from referral_audit
),

triggers as (
    select
        episode_key,
        bool_or(result = 'MISSED') as missed,
        bool_or(result = 'PENDING') as pending,
        bool_or(result = 'NOT_AUDITABLE') as no_source,
        bool_or(result = 'COVERED' and not timely) as late,
        bool_or(level >= 3 and result = 'COVERED' and not timely) as late_red,
        bool_or(level >= 3 and (result = 'MISSED' or (result = 'COVERED' and not timely))) as missed_red_flag,
        bool_or(level = 2 and result = 'MISSED') as missed_gp
    from breaches
    group by episode_key
),

done as (
    select
        episode_key,
        bool_or(result = 'OVER') as over,
        bool_or(result = 'PERMITTED') as permitted
    from actions
    group by episode_key
),

-- For the agreement matrix: the highest triage action from the first trigger's look-back on.
first_trigger as (
    select b.episode_key, min(b.breach_date - case b.level
            when 4 then p.lookback_a_and_e when 3 then p.lookback_urgent
            when 2 then p.lookback_gp else p.lookback_tims end) as counted_from
    from breaches as b
    join parts as u on u.episode_key = b.episode_key
    join parameters as p on p.ps = u.ps
    group by b.episode_key
),

recorded as (
    select r.episode_key, max(r.destination_rank) as recorded
    from actions as r
    left join first_trigger as f on f.episode_key = r.episode_key
    where r.kind <> 'gp_source' and (f.counted_from is null or r.referral_date >= f.counted_from)
    group by r.episode_key
),

above as (
    select r.episode_key, bool_or(r.result = 'NOT_AUDITABLE') as unknown_action
    from actions as r
    group by r.episode_key
),

-- Whether what was done would be on record at all: a referral stream, or a column of the file.
recording as (
    select u.episode_key, e.referrals_supplied or coalesce(bool_or(f.action_source), false) as acts_recorded
    from parts as u
    join sources as e on e.ep = u.ep
    left join contacts as k on k.episode_key = u.episode_key and k.evaluated
    left join files as f on f.file_id = k.file_id
    group by u.episode_key, e.referrals_supplied
),

joined as (
    select
        u.episode_key,
        g.acts_recorded,
        t.missed,
        t.late_red,
        t.pending,
        d.over,
        case
            when coalesce(t.no_source, not g.acts_recorded) then 'no_action_source'
            when l.worst_status = 'NO_CONTACT' then 'no_contact'
            when l.worst_lb < l.worst_ub then 'screen_not_settled'
            when r.recorded > l.worst_lb and a.unknown_action then 'action_not_judged'
        end as obstacle,
        coalesce(t.late, false) as late,
        coalesce(d.permitted, false) as permitted,
        coalesce(t.missed_red_flag, false) as missed_red_flag,
        coalesce(t.missed_gp, false) as missed_gp,
        l.worst_lb as expected_lb,
        l.worst_ub as expected_ub,
        coalesce(r.recorded, 0) as recorded,
        r.recorded is null as recorded_implied
    from parts as u
    join recording as g on g.episode_key = u.episode_key
    join levels as l on l.episode_key = u.episode_key
    left join triggers as t on t.episode_key = u.episode_key
    left join done as d on d.episode_key = u.episode_key
    left join recorded as r on r.episode_key = u.episode_key
    left join above as a on a.episode_key = u.episode_key
),

categorised as (
    select
        *,
        case
            when missed then 'UNDER'
            when late_red then 'LATE'
            when over then 'OVER'
            when pending then 'PENDING'
            when obstacle is not null then 'NOT_AUDITABLE'
            else 'AGREE'
        end as category
    from joined
)

select
    episode_key,
    category,
    case when category = 'NOT_AUDITABLE' then obstacle end as reason,
    late,
    permitted,
    missed_red_flag,
    missed_gp,
    expected_lb,
    expected_ub,
    recorded,
    recorded_implied,
    acts_recorded as action_source
from categorised
