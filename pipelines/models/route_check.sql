-- One row per MRI, injection or surgery referral: does it fit the leaflet's described situations?
-- Inputs as last known on or before the referral; of one day's answers a yes stands.
with actions as (
    select * from referral_all where destination in ('MRI', 'INJECTION', 'SURGERY')
),

parts as (
    select * from episode_part
),

parameters as (
    select * from param_set
),

episodes as (
    select * from stg_episode
),

facts as (
    select * from contact_fact
),

states as (
    select * from as_of_day
),

days as (
    select
        episode_key,
        contact_date as day,
        bool_or(significant_weakness) as significant_weakness,
        bool_or(debilitating) as debilitating,
        bool_or(analgesia_tried) as analgesia_tried,
        bool_or(physio_tried) as physio_tried,
        bool_or(help_1_unmanageable) as unmanageable,
        bool_or(mri_explains_pain) as mri_explains_pain
    from facts
    group by episode_key, contact_date
),

known as (
    select
        r.episode_key,
        r.referral_id,
        arg_max(d.significant_weakness, d.day) filter (where d.significant_weakness is not null) as significant_weakness,
        arg_max(d.debilitating, d.day) filter (where d.debilitating is not null) as debilitating,
        arg_max(d.analgesia_tried, d.day) filter (where d.analgesia_tried is not null) as analgesia_tried,
        arg_max(d.physio_tried, d.day) filter (where d.physio_tried is not null) as physio_tried,
        arg_max(d.unmanageable, d.day) filter (where d.unmanageable is not null) as unmanageable,
        arg_max(d.mri_explains_pain, d.day) filter (where d.mri_explains_pain is not null) as mri_explains_pain,
        count(*) as n_days
    from actions as r
    join days as d on d.episode_key = r.episode_key and d.day <= r.referral_date
    group by r.episode_key, r.referral_id
),

-- A sign is yes if it ever was, no if it was ever denied, else unknown.
signs as (
    select
        r.episode_key,
        r.referral_id,
        bool_or(f.developed_ces_1_saddle)
            or bool_or(f.developed_ces_2_wiping)
            or bool_or(f.developed_ces_3_urine_start)
            or bool_or(f.developed_ces_4_urine_stop)
            or bool_or(f.developed_ces_5_void_feeling)
            or bool_or(f.developed_ces_6_urine_leak)
            or bool_or(f.developed_ces_7_bladder_fullness)
            or bool_or(f.developed_ces_8_bowel_control)
            or bool_or(f.developed_ces_9_sexual) as ces_ever,
        bool_or(f.developed_urg_1_weak_trip) as weak_trip_ever,
        bool_or(f.developed_urg_2_gait) as gait_ever,
        bool_or(f.developed_urg_3_floppy_foot) as floppy_foot_ever
    from actions as r
    join facts as f on f.episode_key = r.episode_key and f.contact_date <= r.referral_date and f.evaluated
    group by r.episode_key, r.referral_id
),

-- The state of scores, diary and answers on the last day before the referral that has one.
latest_state as (
    select r.referral_id, s.*
    from actions as r
    join states as s on s.episode_key = r.episode_key and s.day <= r.referral_date
    qualify row_number() over (partition by r.episode_key, r.referral_id order by s.day desc) = 1
),

prior_mri as (
    select r.episode_key, r.referral_id, true as had_mri
    from actions as r
    join actions as m on m.episode_key = r.episode_key and m.destination = 'MRI' and m.referral_date <= r.referral_date
    group by r.episode_key, r.referral_id
),

derived as (
    select
        r.episode_key,
        r.referral_id,
        r.destination,
        r.setting,
        k.referral_id is not null as any_contact,
        g.ces_ever,
        coalesce(m.had_mri, false) as had_mri,
        k.mri_explains_pain,
        k.unmanageable,
        k.debilitating,
        g.gait_ever as gait,
        case
            when g.weak_trip_ever or g.floppy_foot_ever or k.significant_weakness then true
            when k.significant_weakness is false then false
        end as weak,
        case when date_diff('day', s.last_scored_date, r.referral_date) <= p.score_max_age_days
            then s.last_scored >= p.severe_nprs end as severe,
        case when date_diff('day', s.last_leg_date, r.referral_date) <= p.score_max_age_days
            then s.last_leg >= p.severe_nprs end as severe_leg,
        not any_says(
            score_says(s.last_fall, s.last_score_date, r.referral_date, p.score_max_age_days),
            s.last_improving,
            pgic_says(s.last_pgic, s.last_pgic_date, r.referral_date, p.score_max_age_days),
            msk_hq_says(s.first_msk_hq, s.first_msk_hq_date, s.last_msk_hq, s.last_msk_hq_date, p.mskhq_mic, r.referral_date, p.score_max_age_days)
        ) as not_improved,
        (not contains(p.conservative_required, '|exercises|')
            or tried_by(s.n_log_days, s.first_log_date, s.last_log_date, h.adherent, s.ever_tried, s.ever_not_tried,
                p.tried_def, p.tried_min_log_days, p.tried_min_span_days,
                case when e.diary_supplied then p.no_logs_means else 'unknown' end))
            and (not contains(p.conservative_required, '|medication|') or k.analgesia_tried)
            and (not contains(p.conservative_required, '|physio|') or k.physio_tried) as conservative,
        case
            when date_diff('day', u.ol, r.referral_date) > p.w_lo_days then true
            when date_diff('day', u.oe, r.referral_date) <= p.w_lo_days then false
        end as persisted
    from actions as r
    join parts as u on u.episode_key = r.episode_key
    join parameters as p on p.ps = u.ps
    join episodes as e on e.ep = u.ep
    left join known as k on k.episode_key = r.episode_key and k.referral_id = r.referral_id
    left join signs as g on g.episode_key = r.episode_key and g.referral_id = r.referral_id
    left join latest_state as s on s.episode_key = r.episode_key and s.referral_id = r.referral_id
    left join adherent_day as h on h.episode_key = r.episode_key and h.day = r.referral_date
    left join prior_mri as m on m.episode_key = r.episode_key and m.referral_id = r.referral_id
),

judged as (
    select
        *,
        conservative and not_improved as resistant,
        case destination
            when 'MRI' then ces_ever or gait or weak or (unmanageable and not_improved) or (persisted and not_improved)
            when 'INJECTION' then severe_leg and not_improved and conservative
            else weak or (severe and debilitating and conservative and not_improved)
        end as fits
    from derived
)

select
    episode_key,
    referral_id,
    case
        when not any_contact then 'UNKNOWN'
        when ces_ever and destination in ('MRI', 'SURGERY') then 'NOT_APPLICABLE'
        when fits then 'PASS'
        when fits is false then 'FAIL'
        else 'UNKNOWN'
    end as result,
    case
        when not any_contact then 'no_contact_before'
        when ces_ever and destination in ('MRI', 'SURGERY') then 'emergency_pathway'
        when fits is false and destination = 'MRI' then 'outside_leaflet_situations'
        when fits is false and destination = 'INJECTION' then concat_ws(',',
            case when severe_leg is false then 'not_severe' end,
            case when not_improved is false then 'improving' end,
            case when conservative is false then 'conservative_not_tried' end)
        when fits is false then concat_ws(',',
            case when weak is false then 'no_significant_weakness' end,
            case when severe is false then 'not_severe' end,
            case when debilitating is false then 'not_debilitating' end,
            case when resistant is false then 'not_resistant' end)
    end as reasons,
    concat_ws(',',
        case when destination <> 'MRI' and not had_mri then 'no_prior_mri' end,
        case when destination <> 'MRI' and mri_explains_pain is false then 'mri_not_explaining' end,
        case when destination <> 'MRI' and setting is not null and not contains(lower(setting), 'hospital') then 'setting_not_hospital' end
    ) as soft
from judged
