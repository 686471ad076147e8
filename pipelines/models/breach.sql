-- One row per trigger: a day on which the confirmed level rises, or a new red flag at a level
-- already reached, after every earlier one was acted on; and whether an action on record answers it, and how soon.
with asked as (
    select * from trigger_day
),

facts as (
    select f.*, coalesce(a.action_source, false) as acts_recorded
    from contact_fact as f
    left join landing_file as a on a.file_id = f.file_id
    where f.evaluated
),

parts as (
    select * from episode_part
),

parameters as (
    select * from param_set
),

actions as (
    select * from referral_all
),

sources as (
    select * from stg_episode
),

-- From when on an action answers the trigger: a look-back, or the day the sign began.
sign_starts as (
    select
        f.episode_key,
        f.contact_date as day,
        min(least(
            case when f.developed_ces_1_saddle and f.ces_1_saddle_since <= f.contact_date
                and f.ces_1_saddle_since >= coalesce(f.sign_oe, f.ces_1_saddle_since) then f.ces_1_saddle_since end,
            case when f.developed_ces_2_wiping and f.ces_2_wiping_since <= f.contact_date
                and f.ces_2_wiping_since >= coalesce(f.sign_oe, f.ces_2_wiping_since) then f.ces_2_wiping_since end,
            case when f.developed_ces_3_urine_start and f.ces_3_urine_start_since <= f.contact_date
                and f.ces_3_urine_start_since >= coalesce(f.sign_oe, f.ces_3_urine_start_since) then f.ces_3_urine_start_since end,
            case when f.developed_ces_4_urine_stop and f.ces_4_urine_stop_since <= f.contact_date
                and f.ces_4_urine_stop_since >= coalesce(f.sign_oe, f.ces_4_urine_stop_since) then f.ces_4_urine_stop_since end,
            case when f.developed_ces_5_void_feeling and f.ces_5_void_feeling_since <= f.contact_date
                and f.ces_5_void_feeling_since >= coalesce(f.sign_oe, f.ces_5_void_feeling_since) then f.ces_5_void_feeling_since end,
            case when f.developed_ces_6_urine_leak and f.ces_6_urine_leak_since <= f.contact_date
                and f.ces_6_urine_leak_since >= coalesce(f.sign_oe, f.ces_6_urine_leak_since) then f.ces_6_urine_leak_since end,
            case when f.developed_ces_7_bladder_fullness and f.ces_7_bladder_fullness_since <= f.contact_date
                and f.ces_7_bladder_fullness_since >= coalesce(f.sign_oe, f.ces_7_bladder_fullness_since) then f.ces_7_bladder_fullness_since end,
            case when f.developed_ces_8_bowel_control and f.ces_8_bowel_control_since <= f.contact_date
                and f.ces_8_bowel_control_since >= coalesce(f.sign_oe, f.ces_8_bowel_control_since) then f.ces_8_bowel_control_since end,
            case when f.developed_ces_9_sexual and f.ces_9_sexual_since <= f.contact_date
                and f.ces_9_sexual_since >= coalesce(f.sign_oe, f.ces_9_sexual_since) then f.ces_9_sexual_since end
        )) as ces_since,
        min(case when f.developed_urg_3_floppy_foot and f.urg_3_floppy_foot_since <= f.contact_date
            and f.urg_3_floppy_foot_since >= coalesce(f.oe, f.urg_3_floppy_foot_since)
            then f.urg_3_floppy_foot_since end) as urgent_since,
        coalesce(bool_or(
            f.ces_1_saddle_state = 'yes'
            or f.ces_2_wiping_state = 'yes'
            or f.ces_3_urine_start_state = 'yes'
            or f.ces_4_urine_stop_state = 'yes'
            or f.ces_5_void_feeling_state = 'yes'
            or f.ces_6_urine_leak_state = 'yes'
            or f.ces_7_bladder_fullness_state = 'yes'
            or f.ces_8_bowel_control_state = 'yes'
            or f.ces_9_sexual_state = 'yes'
        ), false) as ces_sure,
        coalesce(bool_or(f.urg_1_weak_trip_state = 'yes' or f.urg_2_gait_state = 'yes' or f.urg_3_floppy_foot_state = 'yes'), false) as urgent_sure,
        bool_or(f.acts_recorded) as acts_recorded,
        coalesce(bool_or(f.pain and f.recent_known and (f.gp_1_cancer or f.gp_2_unwell or f.gp_3_weight_loss)), false) as gp_sure
    from facts as f
    group by f.episode_key, f.contact_date
),

windowed as (
    select
        a.*,
        u.extract_date,
        -- Whether an action of that day would be on record at all.
        e.referrals_supplied or coalesce(s.acts_recorded, false) as action_source,
        case a.level
            when 4 then p.lookback_a_and_e when 3 then p.lookback_urgent
            when 2 then p.lookback_gp else p.lookback_tims
        end as lookback,
        case a.level
            when 4 then p.window_a_and_e when 3 then p.window_urgent
            when 2 then p.window_gp else p.window_tims
        end as allowed_days,
        case a.level when 4 then s.ces_since when 3 then s.urgent_since end as sign_since,
        case a.level when 4 then not s.ces_sure when 3 then not s.urgent_sure when 2 then not s.gp_sure else false end as possible
    from asked as a
    join parts as u on u.episode_key = a.episode_key
    join sources as e on e.ep = u.ep
    join parameters as p on p.ps = u.ps
    left join sign_starts as s on s.episode_key = a.episode_key and s.day = a.day
),

opened as (
    select
        *,
        least(day - lookback, coalesce(sign_since, day - lookback)) as answers_from
    from windowed
),

answers as (
    select
        o.episode_key,
        o.day,
        o.level,
        o.new_flag,
        r.referral_date,
        r.referral_id,
        r.referral_date < o.day and r.referral_date >= o.day - o.lookback as in_lookback,
        -- the earliest; of several on that day the lowest that suffices; then by id
        row_number() over (
            partition by o.episode_key, o.day, o.level, o.new_flag
            order by r.referral_date, r.destination_rank, r.referral_id
        ) as place
    from opened as o
    join actions as r on r.episode_key = o.episode_key
        and r.referral_date >= o.answers_from
        and (
            (r.kind = 'gp_source' and o.level = 2 and r.referral_date = o.day)
            or (r.kind <> 'gp_source' and r.destination_rank >= o.level and not (o.level = 1 and r.destination_rank = 2))
        )
),

answered as (
    select
        episode_key,
        day,
        level,
        new_flag,
        min(referral_date) as action_date,
        min(case when place = 1 then referral_id end) as action_id,
        bool_or(in_lookback) as in_lookback
    from answers
    group by episode_key, day, level, new_flag
),

joined as (
    select o.*, a.action_date, a.action_id, coalesce(a.in_lookback, false) as in_lookback
    from opened as o
    left join answered as a
        on a.episode_key = o.episode_key and a.day = o.day and a.level = o.level and a.new_flag = o.new_flag
),

-- A new red flag opens a trigger only when all earlier ones of its level or above were acted on.
settled as (
    select
        n.*,
        not n.new_flag or (
            not n.in_lookback
            and not exists (
                select 1 from joined as b
                where b.episode_key = n.episode_key and b.day < n.day and b.level >= n.level
                    and (b.action_date is null or b.action_date >= n.day)
            )
        ) as stands
    from joined as n
),

standing as (
    select * from settled where stands
)

select
    episode_key,
    day as breach_date,
    level,
    new_flag,
    case
        when action_date is not null then 'COVERED'
        when not action_source then 'NOT_AUDITABLE'
        when date_diff('day', day, extract_date) < allowed_days then 'PENDING'
        else 'MISSED'
    end as result,
    action_date,
    action_id,
    answers_from,
    allowed_days,
    case when action_date is not null then greatest(0, date_diff('day', day, action_date)) end as days_to_referral,
    case when action_date is not null then greatest(0, date_diff('day', day, action_date)) <= allowed_days end as timely,
    possible
from standing
