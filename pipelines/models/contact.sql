-- One row per contact of an episode part: timing of the signs, pain, recency, and flags.
with contacts as (
    select
        c.contact_key, c.ep, c.contact_id, c.contact_date, c.contact_time, c.contact_type, c.site_id,
        c.nprs, c.nprs_leg, c.nprs_back, c.pgic, c.msk_hq, c.attendance, c.referral_source,
        c.ed_outcome, c.id_conflict, c.repeated, c.score_out_of_range, c.unmapped_value,
        c.file_id, c.line,
        case when w.contact_key is null then c.ces_1_saddle_since else w.ces_1_saddle_began end as ces_1_saddle_since,
        c.ces_1_saddle_changed,
        w.ces_1_saddle_told,
        case when w.contact_key is null then c.ces_2_wiping_since else w.ces_2_wiping_began end as ces_2_wiping_since,
        c.ces_2_wiping_changed,
        w.ces_2_wiping_told,
        case when w.contact_key is null then c.ces_3_urine_start_since else w.ces_3_urine_start_began end as ces_3_urine_start_since,
        c.ces_3_urine_start_changed,
        w.ces_3_urine_start_told,
        case when w.contact_key is null then c.ces_4_urine_stop_since else w.ces_4_urine_stop_began end as ces_4_urine_stop_since,
        c.ces_4_urine_stop_changed,
        w.ces_4_urine_stop_told,
        case when w.contact_key is null then c.ces_5_void_feeling_since else w.ces_5_void_feeling_began end as ces_5_void_feeling_since,
        c.ces_5_void_feeling_changed,
        w.ces_5_void_feeling_told,
        case when w.contact_key is null then c.ces_6_urine_leak_since else w.ces_6_urine_leak_began end as ces_6_urine_leak_since,
        c.ces_6_urine_leak_changed,
        w.ces_6_urine_leak_told,
        case when w.contact_key is null then c.ces_7_bladder_fullness_since else w.ces_7_bladder_fullness_began end as ces_7_bladder_fullness_since,
        c.ces_7_bladder_fullness_changed,
        w.ces_7_bladder_fullness_told,
        case when w.contact_key is null then c.ces_8_bowel_control_since else w.ces_8_bowel_control_began end as ces_8_bowel_control_since,
        c.ces_8_bowel_control_changed,
        w.ces_8_bowel_control_told,
        case when w.contact_key is null then c.ces_9_sexual_since else w.ces_9_sexual_began end as ces_9_sexual_since,
        c.ces_9_sexual_changed,
        w.ces_9_sexual_told,
        case when w.contact_key is null then c.urg_3_floppy_foot_since else w.urg_3_floppy_foot_began end as urg_3_floppy_foot_since,
        c.urg_3_floppy_foot_changed,
        w.urg_3_floppy_foot_told,
        w.contact_key is not null as told_apart,
        coalesce(w.since_after, false) as told_since_after,
        a.* exclude (contact_key, ep, contact_date)
    from stg_contact as c
    join contact_answer as a on a.contact_key = c.contact_key
    left join sign_timing as w on w.contact_key = c.contact_key
),

parameters as (
    select * from param_set
),

-- The part that a contact belongs to, and the first part, whose onset times the cauda equina signs.
parts as (
    select * from episode_part
),

placed as (
    select
        k.*,
        u.episode_key,
        u.part,
        u.oe,
        u.ol,
        o.oe as sign_oe,
        u.first_contact_date,
        contains(p.urg_timing_items, '|urg_3_floppy_foot|') as timed_foot,
        contains(p.screen_contact_types, '|' || k.contact_type || '|')
            and attended(k.attendance) as evaluated,
        case when coalesce(k.has_back_pain or k.has_leg_pain, p.entry_implies_pain) then true
            else k.has_back_pain or k.has_leg_pain end as pain,
        case when p.gp_recency_mode = 'at_contact' then k.contact_date else u.first_contact_date end as recency_date,
        p.sign_timing_policy <> 'ignore_timing' as judges_timing,
        p.gp_recency_mode,
        p.gp_recency_days,
        p.gp_unknown_recency,
        case when k.ces_1_saddle then coalesce(k.ces_1_saddle_told, sign_state(true, k.ces_1_saddle_changed, k.ces_1_saddle_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_1_saddle_state,
        case when k.ces_2_wiping then coalesce(k.ces_2_wiping_told, sign_state(true, k.ces_2_wiping_changed, k.ces_2_wiping_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_2_wiping_state,
        case when k.ces_3_urine_start then coalesce(k.ces_3_urine_start_told, sign_state(true, k.ces_3_urine_start_changed, k.ces_3_urine_start_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_3_urine_start_state,
        case when k.ces_4_urine_stop then coalesce(k.ces_4_urine_stop_told, sign_state(true, k.ces_4_urine_stop_changed, k.ces_4_urine_stop_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_4_urine_stop_state,
        case when k.ces_5_void_feeling then coalesce(k.ces_5_void_feeling_told, sign_state(true, k.ces_5_void_feeling_changed, k.ces_5_void_feeling_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_5_void_feeling_state,
        case when k.ces_6_urine_leak then coalesce(k.ces_6_urine_leak_told, sign_state(true, k.ces_6_urine_leak_changed, k.ces_6_urine_leak_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, p.ces_recent_days)) end as ces_6_urine_leak_state,
        case when k.ces_7_bladder_fullness then coalesce(k.ces_7_bladder_fullness_told, sign_state(true, k.ces_7_bladder_fullness_changed, k.ces_7_bladder_fullness_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_7_bladder_fullness_state,
        case when k.ces_8_bowel_control then coalesce(k.ces_8_bowel_control_told, sign_state(true, k.ces_8_bowel_control_changed, k.ces_8_bowel_control_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, null)) end as ces_8_bowel_control_state,
        case when k.ces_9_sexual then coalesce(k.ces_9_sexual_told, sign_state(true, k.ces_9_sexual_changed, k.ces_9_sexual_since, k.contact_date, o.oe, o.ol, p.sign_timing_policy, p.ces_recent_days)) end as ces_9_sexual_state,
        case when contains(p.urg_timing_items, '|urg_1_weak_trip|') then sign_state(k.urg_1_weak_trip, 'unknown', cast(null as date), k.contact_date, u.oe, u.ol, p.sign_timing_policy, null)
                when k.urg_1_weak_trip then 'yes' end as urg_1_weak_trip_state,
        case when contains(p.urg_timing_items, '|urg_2_gait|') then sign_state(k.urg_2_gait, 'unknown', cast(null as date), k.contact_date, u.oe, u.ol, p.sign_timing_policy, null)
                when k.urg_2_gait then 'yes' end as urg_2_gait_state,
        case when k.urg_3_floppy_foot and contains(p.urg_timing_items, '|urg_3_floppy_foot|') then coalesce(k.urg_3_floppy_foot_told, sign_state(true, k.urg_3_floppy_foot_changed, k.urg_3_floppy_foot_since, k.contact_date, u.oe, u.ol, p.sign_timing_policy, null))
                when k.urg_3_floppy_foot then 'yes' end as urg_3_floppy_foot_state
    from contacts as k
    join parts as u on u.ep = k.ep and k.contact_date >= u.part_start and k.contact_date < u.part_end
    join parts as o on o.ep = k.ep and o.part = 1
    join parameters as p on p.ps = k.ps
),

judged as (
    select
        *,
        case
            when gp_recency_mode = 'ignore' then true
            when date_diff('day', oe, recency_date) <= gp_recency_days then true
            when date_diff('day', ol, recency_date) > gp_recency_days then false
        end as recent_known,
        timed_truth(ces_1_saddle, ces_1_saddle_state) as developed_ces_1_saddle,
        timed_truth(ces_2_wiping, ces_2_wiping_state) as developed_ces_2_wiping,
        timed_truth(ces_3_urine_start, ces_3_urine_start_state) as developed_ces_3_urine_start,
        timed_truth(ces_4_urine_stop, ces_4_urine_stop_state) as developed_ces_4_urine_stop,
        timed_truth(ces_5_void_feeling, ces_5_void_feeling_state) as developed_ces_5_void_feeling,
        timed_truth(ces_6_urine_leak, ces_6_urine_leak_state) as developed_ces_6_urine_leak,
        timed_truth(ces_7_bladder_fullness, ces_7_bladder_fullness_state) as developed_ces_7_bladder_fullness,
        timed_truth(ces_8_bowel_control, ces_8_bowel_control_state) as developed_ces_8_bowel_control,
        timed_truth(ces_9_sexual, ces_9_sexual_state) as developed_ces_9_sexual,
        timed_truth(urg_1_weak_trip, urg_1_weak_trip_state) as developed_urg_1_weak_trip,
        timed_truth(urg_2_gait, urg_2_gait_state) as developed_urg_2_gait,
        timed_truth(urg_3_floppy_foot, urg_3_floppy_foot_state) as developed_urg_3_floppy_foot
    from placed
),

decided as (
    select
        *,
        case when recent_known is null and gp_unknown_recency = 'assume_recent' then true else recent_known end as recent,
        coalesce(gp_1_cancer or gp_2_unwell or gp_3_weight_loss, false) as gp_sign
    from judged
)

select
    *,
    screen_answered = 15 as screen_complete,
    (ces_1_saddle_state = 'assumed' or ces_2_wiping_state = 'assumed' or ces_3_urine_start_state = 'assumed' or ces_4_urine_stop_state = 'assumed' or ces_5_void_feeling_state = 'assumed' or ces_6_urine_leak_state = 'assumed' or ces_7_bladder_fullness_state = 'assumed' or ces_8_bowel_control_state = 'assumed' or ces_9_sexual_state = 'assumed' or urg_1_weak_trip_state = 'assumed' or urg_2_gait_state = 'assumed' or urg_3_floppy_foot_state = 'assumed') is true as sign_timing_assumed,
    (recent_known is null and recent and gp_sign) as recency_assumed,
    concat_ws(',',
        case when ces_1_saddle_code = 'conflict' or ces_2_wiping_code = 'conflict' or ces_3_urine_start_code = 'conflict' or ces_4_urine_stop_code = 'conflict' or ces_5_void_feeling_code = 'conflict' or ces_6_urine_leak_code = 'conflict' or ces_7_bladder_fullness_code = 'conflict' or ces_8_bowel_control_code = 'conflict' or ces_9_sexual_code = 'conflict' or urg_1_weak_trip_code = 'conflict' or urg_2_gait_code = 'conflict' or urg_3_floppy_foot_code = 'conflict' or gp_1_cancer_code = 'conflict' or gp_2_unwell_code = 'conflict' or gp_3_weight_loss_code = 'conflict' or has_back_pain_code = 'conflict' or has_leg_pain_code = 'conflict' or red_flags_summary_code = 'conflict' or adv_bilateral_code = 'conflict' or adv_trauma_code = 'conflict' or adv_steroids_code = 'conflict' or adv_immunosuppressed_code = 'conflict' or adv_anticoagulant_code = 'conflict' or adv_pregnant_code = 'conflict' or help_1_unmanageable_code = 'conflict' or help_2_sleep_impact_code = 'conflict' or help_2_med_helps_code = 'conflict' or help_3_worsening_code = 'conflict' or help_tried_code = 'conflict' or help_improving_code = 'conflict' or advice_tried_code = 'conflict' or symptoms_present_code = 'conflict' or ph_below_knee_code = 'conflict' or ph_shooting_burning_electric_code = 'conflict' or ph_leg_worse_than_back_code = 'conflict' or ph_pins_numbness_code = 'conflict' or ph_leg_weakness_code = 'conflict' or ph_ache_or_sharp_code = 'conflict' or analgesia_tried_code = 'conflict' or physio_tried_code = 'conflict' or significant_weakness_code = 'conflict' or debilitating_code = 'conflict' or mri_explains_pain_code = 'conflict' or dx_stenosis_code = 'conflict' or leaflet_given_code = 'conflict' or safety_net_given_code = 'conflict'
            then 'contradictory_answer' end,
        case when (ces_1_saddle_code = 'na' and ces_1_saddle_code = 'no' and ces_1_saddle_may_be_na) or (ces_2_wiping_code = 'na' and ces_1_saddle_code = 'no' and ces_2_wiping_may_be_na) or (ces_3_urine_start_code = 'na' and ces_1_saddle_code = 'no' and ces_3_urine_start_may_be_na) or (ces_4_urine_stop_code = 'na' and ces_1_saddle_code = 'no' and ces_4_urine_stop_may_be_na) or (ces_5_void_feeling_code = 'na' and ces_1_saddle_code = 'no' and ces_5_void_feeling_may_be_na) or (ces_6_urine_leak_code = 'na' and ces_1_saddle_code = 'no' and ces_6_urine_leak_may_be_na) or (ces_7_bladder_fullness_code = 'na' and ces_1_saddle_code = 'no' and ces_7_bladder_fullness_may_be_na) or (ces_8_bowel_control_code = 'na' and ces_1_saddle_code = 'no' and ces_8_bowel_control_may_be_na) or (ces_9_sexual_code = 'na' and ces_1_saddle_code = 'no' and ces_9_sexual_may_be_na) or (urg_1_weak_trip_code = 'na' and ces_1_saddle_code = 'no' and urg_1_weak_trip_may_be_na) or (urg_2_gait_code = 'na' and ces_1_saddle_code = 'no' and urg_2_gait_may_be_na) or (urg_3_floppy_foot_code = 'na' and ces_1_saddle_code = 'no' and urg_3_floppy_foot_may_be_na) or (gp_2_unwell_code = 'na' and ces_1_saddle_code = 'no' and gp_2_unwell_may_be_na) or (gp_3_weight_loss_code = 'na' and ces_1_saddle_code = 'no' and gp_3_weight_loss_may_be_na)
            then 'na_mapped' end,
        case when score_out_of_range then 'nprs_out_of_range' end,
        case when unmapped_value then 'unrecognised_value' end
    ) as cell_flags,
    concat_ws(',',
        case when cancer_denied_later or ces_1_saddle_code = 'conflict' or ces_2_wiping_code = 'conflict' or ces_3_urine_start_code = 'conflict' or ces_4_urine_stop_code = 'conflict' or ces_5_void_feeling_code = 'conflict' or ces_6_urine_leak_code = 'conflict' or ces_7_bladder_fullness_code = 'conflict' or ces_8_bowel_control_code = 'conflict' or ces_9_sexual_code = 'conflict' or urg_1_weak_trip_code = 'conflict' or urg_2_gait_code = 'conflict' or urg_3_floppy_foot_code = 'conflict' or gp_1_cancer_code = 'conflict' or gp_2_unwell_code = 'conflict' or gp_3_weight_loss_code = 'conflict' or has_back_pain_code = 'conflict' or has_leg_pain_code = 'conflict' or red_flags_summary_code = 'conflict' or adv_bilateral_code = 'conflict' or adv_trauma_code = 'conflict' or adv_steroids_code = 'conflict' or adv_immunosuppressed_code = 'conflict' or adv_anticoagulant_code = 'conflict' or adv_pregnant_code = 'conflict' or help_1_unmanageable_code = 'conflict' or help_2_sleep_impact_code = 'conflict' or help_2_med_helps_code = 'conflict' or help_3_worsening_code = 'conflict' or help_tried_code = 'conflict' or help_improving_code = 'conflict' or advice_tried_code = 'conflict' or symptoms_present_code = 'conflict' or ph_below_knee_code = 'conflict' or ph_shooting_burning_electric_code = 'conflict' or ph_leg_worse_than_back_code = 'conflict' or ph_pins_numbness_code = 'conflict' or ph_leg_weakness_code = 'conflict' or ph_ache_or_sharp_code = 'conflict' or analgesia_tried_code = 'conflict' or physio_tried_code = 'conflict' or significant_weakness_code = 'conflict' or debilitating_code = 'conflict' or mri_explains_pain_code = 'conflict' or dx_stenosis_code = 'conflict' or leaflet_given_code = 'conflict' or safety_net_given_code = 'conflict'
            then 'contradictory_answer' end,
        case when recent is false and gp_sign then 'gp_sign_not_recent' end,
        case when (ces_1_saddle_code = 'na' and ces_1_saddle_code = 'no' and ces_1_saddle_may_be_na) or (ces_2_wiping_code = 'na' and ces_1_saddle_code = 'no' and ces_2_wiping_may_be_na) or (ces_3_urine_start_code = 'na' and ces_1_saddle_code = 'no' and ces_3_urine_start_may_be_na) or (ces_4_urine_stop_code = 'na' and ces_1_saddle_code = 'no' and ces_4_urine_stop_may_be_na) or (ces_5_void_feeling_code = 'na' and ces_1_saddle_code = 'no' and ces_5_void_feeling_may_be_na) or (ces_6_urine_leak_code = 'na' and ces_1_saddle_code = 'no' and ces_6_urine_leak_may_be_na) or (ces_7_bladder_fullness_code = 'na' and ces_1_saddle_code = 'no' and ces_7_bladder_fullness_may_be_na) or (ces_8_bowel_control_code = 'na' and ces_1_saddle_code = 'no' and ces_8_bowel_control_may_be_na) or (ces_9_sexual_code = 'na' and ces_1_saddle_code = 'no' and ces_9_sexual_may_be_na) or (urg_1_weak_trip_code = 'na' and ces_1_saddle_code = 'no' and urg_1_weak_trip_may_be_na) or (urg_2_gait_code = 'na' and ces_1_saddle_code = 'no' and urg_2_gait_may_be_na) or (urg_3_floppy_foot_code = 'na' and ces_1_saddle_code = 'no' and urg_3_floppy_foot_may_be_na) or (gp_2_unwell_code = 'na' and ces_1_saddle_code = 'no' and gp_2_unwell_may_be_na) or (gp_3_weight_loss_code = 'na' and ces_1_saddle_code = 'no' and gp_3_weight_loss_may_be_na)
            then 'na_mapped' end,
        case when ces_1_saddle_state in ('not_recent', 'perhaps_not_recent') or ces_2_wiping_state in ('not_recent', 'perhaps_not_recent') or ces_3_urine_start_state in ('not_recent', 'perhaps_not_recent') or ces_4_urine_stop_state in ('not_recent', 'perhaps_not_recent') or ces_5_void_feeling_state in ('not_recent', 'perhaps_not_recent') or ces_6_urine_leak_state in ('not_recent', 'perhaps_not_recent') or ces_7_bladder_fullness_state in ('not_recent', 'perhaps_not_recent') or ces_8_bowel_control_state in ('not_recent', 'perhaps_not_recent') or ces_9_sexual_state in ('not_recent', 'perhaps_not_recent') or urg_1_weak_trip_state in ('not_recent', 'perhaps_not_recent') or urg_2_gait_state in ('not_recent', 'perhaps_not_recent') or urg_3_floppy_foot_state in ('not_recent', 'perhaps_not_recent')
            then 'not_recent' end,
        case when ces_1_saddle_state in ('predates') or ces_2_wiping_state in ('predates') or ces_3_urine_start_state in ('predates') or ces_4_urine_stop_state in ('predates') or ces_5_void_feeling_state in ('predates') or ces_6_urine_leak_state in ('predates') or ces_7_bladder_fullness_state in ('predates') or ces_8_bowel_control_state in ('predates') or ces_9_sexual_state in ('predates') or urg_1_weak_trip_state in ('predates') or urg_2_gait_state in ('predates') or urg_3_floppy_foot_state in ('predates')
            then 'predates_onset' end,
        case when ces_1_saddle_state in ('unconfirmed') or ces_2_wiping_state in ('unconfirmed') or ces_3_urine_start_state in ('unconfirmed') or ces_4_urine_stop_state in ('unconfirmed') or ces_5_void_feeling_state in ('unconfirmed') or ces_6_urine_leak_state in ('unconfirmed') or ces_7_bladder_fullness_state in ('unconfirmed') or ces_8_bowel_control_state in ('unconfirmed') or ces_9_sexual_state in ('unconfirmed') or urg_1_weak_trip_state in ('unconfirmed') or urg_2_gait_state in ('unconfirmed') or urg_3_floppy_foot_state in ('unconfirmed')
            then 'predates_onset_unconfirmed' end,
        case when told_since_after or judges_timing and not told_apart and ((ces_1_saddle and ces_1_saddle_since > contact_date and coalesce(ces_1_saddle_changed, '') <> 'yes') or (ces_2_wiping and ces_2_wiping_since > contact_date and coalesce(ces_2_wiping_changed, '') <> 'yes') or (ces_3_urine_start and ces_3_urine_start_since > contact_date and coalesce(ces_3_urine_start_changed, '') <> 'yes') or (ces_4_urine_stop and ces_4_urine_stop_since > contact_date and coalesce(ces_4_urine_stop_changed, '') <> 'yes') or (ces_5_void_feeling and ces_5_void_feeling_since > contact_date and coalesce(ces_5_void_feeling_changed, '') <> 'yes') or (ces_6_urine_leak and ces_6_urine_leak_since > contact_date and coalesce(ces_6_urine_leak_changed, '') <> 'yes') or (ces_7_bladder_fullness and ces_7_bladder_fullness_since > contact_date and coalesce(ces_7_bladder_fullness_changed, '') <> 'yes') or (ces_8_bowel_control and ces_8_bowel_control_since > contact_date and coalesce(ces_8_bowel_control_changed, '') <> 'yes') or (ces_9_sexual and ces_9_sexual_since > contact_date and coalesce(ces_9_sexual_changed, '') <> 'yes') or (urg_3_floppy_foot and timed_foot and urg_3_floppy_foot_since > contact_date and coalesce(urg_3_floppy_foot_changed, '') <> 'yes'))
            then 'since_after_contact' end,
        case when ces_1_saddle_state = 'assumed' or ces_2_wiping_state = 'assumed' or ces_3_urine_start_state = 'assumed' or ces_4_urine_stop_state = 'assumed' or ces_5_void_feeling_state = 'assumed' or ces_6_urine_leak_state = 'assumed' or ces_7_bladder_fullness_state = 'assumed' or ces_8_bowel_control_state = 'assumed' or ces_9_sexual_state = 'assumed' or urg_1_weak_trip_state = 'assumed' or urg_2_gait_state = 'assumed' or urg_3_floppy_foot_state = 'assumed'
            or (recent_known is null and recent and gp_sign) then 'timing_assumed' end,
        case when score_out_of_range then 'nprs_out_of_range' end,
        case when unmapped_value then 'unrecognised_value' end
    ) as answer_flags
from decided
