-- One row per contact: the predicates that a rule may name, each yes, no or unknown, and what the
-- models after it ask of a contact. Codes of answers and what was copied from the export stay in
-- stg_contact.
with contacts as (
    select * from contact
),

states as (
    select * from as_of_day
),

parameters as (
    select * from param_set
),

episodes as (
    select * from stg_episode
),

joined as (
    select
        k.*,
        p.* exclude (ps, conflict_is_yes, gp_recency_mode, gp_recency_days, gp_unknown_recency, no_logs_means),
        -- Without any diary stream, no diary entry means nothing.
        case when e.diary_supplied then p.no_logs_means else 'unknown' end as no_logs_means,
        s.* exclude (episode_key, day),
        h.adherent,
        date_diff('day', k.ol, k.contact_date) as days_at_least,
        date_diff('day', k.oe, k.contact_date) as days_at_most
    from contacts as k
    join parameters as p on p.ps = k.ps
    join episodes as e on e.ep = k.ep
    left join states as s on s.episode_key = k.episode_key and s.day = k.contact_date
    left join adherent_day as h on h.episode_key = k.episode_key and h.day = k.contact_date
),

informed as (
    select
        *,
        (h4_improvement_window = 'ever' and any_fall) is true
            or score_says(last_fall, last_score_date, contact_date, score_max_age_days) as score_fell,
        (h4_improvement_window = 'ever' and ever_improving) is true or help_improving as said_better,
        (h4_improvement_window = 'ever' and best_pgic <= 3) is true
            or pgic_says(last_pgic, last_pgic_date, contact_date, score_max_age_days) as pgic_better,
        (h4_improvement_window = 'ever' and last_msk_hq_date > first_msk_hq_date and best_msk_hq - first_msk_hq >= mskhq_mic) is true
            or msk_hq_says(first_msk_hq, first_msk_hq_date, last_msk_hq, last_msk_hq_date, mskhq_mic, contact_date, score_max_age_days) as msk_hq_rose,
        case
            when n_follow_ups >= 2
                and date_diff('day', last_contact_score_date, contact_date) <= score_max_age_days
                and last_contact_score >= first_contact_score + 2
                and earlier_contact_score >= first_contact_score + 2
                and last_contact_score >= earlier_contact_score
            then true
        end as scores_worsen
    from joined
),

derived as (
    select
        *,
        case when days_at_least > w_lo_days then true when days_at_most <= w_lo_days then false end as persisted_lo,
        case when days_at_least > w_hi_days then true when days_at_most <= w_hi_days then false end as persisted_hi,
        any_says(score_fell, said_better, pgic_better, msk_hq_rose) as improved,
        tried_by(n_log_days, first_log_date, last_log_date, adherent, ever_tried, ever_not_tried,
            tried_def, tried_min_log_days, tried_min_span_days, no_logs_means) as tried,
        case
            when help_3_worsening is not null then help_3_worsening
            when worsening_source = 'self_report_then_nprs' then scores_worsen
        end as worsening
    from informed
)

select
    contact_key,
    ep,
    ps,
    episode_key,
    contact_date,
    file_id,
    line,
    oe,
    ol,
    sign_oe,
    evaluated,
    screen_answered,
    screen_complete,
    sign_timing_assumed,
    recency_assumed,
    answer_flags,
    ces_1_saddle,
    ces_2_wiping,
    ces_3_urine_start,
    ces_4_urine_stop,
    ces_5_void_feeling,
    ces_6_urine_leak,
    ces_7_bladder_fullness,
    ces_8_bowel_control,
    ces_9_sexual,
    urg_1_weak_trip,
    urg_2_gait,
    urg_3_floppy_foot,
    gp_2_unwell,
    gp_3_weight_loss,
    has_back_pain,
    has_leg_pain,
    red_flags_summary,
    adv_bilateral,
    adv_trauma,
    adv_steroids,
    adv_immunosuppressed,
    adv_anticoagulant,
    adv_pregnant,
    help_1_unmanageable,
    help_2_sleep_impact,
    help_2_med_helps,
    help_3_worsening,
    help_tried,
    help_improving,
    advice_tried,
    symptoms_present,
    ph_below_knee,
    ph_shooting_burning_electric,
    ph_leg_worse_than_back,
    ph_pins_numbness,
    ph_leg_weakness,
    ph_ache_or_sharp,
    analgesia_tried,
    physio_tried,
    significant_weakness,
    debilitating,
    mri_explains_pain,
    dx_stenosis,
    leaflet_given,
    safety_net_given,
    gp_1_cancer,
    gp_1_cancer_here,
    ces_1_saddle_since,
    ces_2_wiping_since,
    ces_3_urine_start_since,
    ces_4_urine_stop_since,
    ces_5_void_feeling_since,
    ces_6_urine_leak_since,
    ces_7_bladder_fullness_since,
    ces_8_bowel_control_since,
    ces_9_sexual_since,
    urg_3_floppy_foot_since,
    ces_1_saddle_state,
    ces_2_wiping_state,
    ces_3_urine_start_state,
    ces_4_urine_stop_state,
    ces_5_void_feeling_state,
    ces_6_urine_leak_state,
    ces_7_bladder_fullness_state,
    ces_8_bowel_control_state,
    ces_9_sexual_state,
    urg_1_weak_trip_state,
    urg_2_gait_state,
    urg_3_floppy_foot_state,
    developed_ces_1_saddle,
    developed_ces_2_wiping,
    developed_ces_3_urine_start,
    developed_ces_4_urine_stop,
    developed_ces_5_void_feeling,
    developed_ces_6_urine_leak,
    developed_ces_7_bladder_fullness,
    developed_ces_8_bowel_control,
    developed_ces_9_sexual,
    developed_urg_1_weak_trip,
    developed_urg_2_gait,
    developed_urg_3_floppy_foot,
    pain,
    symptomatic,
    recent_known,
    recent,
    h3_require_advice,
    adherent,
    days_at_least,
    days_at_most,
    last_score_date,
    last_score,
    first_msk_hq,
    first_msk_hq_date,
    last_msk_hq,
    last_msk_hq_date,
    last_pgic,
    last_pgic_date,
    n_log_days,
    first_log_date,
    last_log_date,
    score_fell,
    said_better,
    pgic_better,
    msk_hq_rose,
    persisted_lo,
    persisted_hi,
    improved,
    tried,
    worsening,
    case when gp_not_recent_means = 'no' then false end as gp_not_recent,
    h4_bound = 'lower' as h4_at_lower_bound,
    persisted_lo and symptomatic and not improved and tried as h4_lo,
    persisted_hi and symptomatic and not improved and tried as h4_hi,
    case when worsening and tried is false then true else false end as worsening_untried
from derived
