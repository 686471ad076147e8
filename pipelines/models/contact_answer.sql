-- One row per contact: every answer as yes, no or unknown beside its answer code.
with contacts as (
    select * from stg_contact
),

parameters as (
    select * from param_set
),

episodes as (
    select * from stg_episode
),

mapped as (
    select
        k.contact_key,
        k.ep,
        k.contact_date,
        p.ps,
        p.conflict_is_yes,
        coalesce(
                case when k.ces_1_saddle = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_1_saddle|') then false end,
                answer_truth(k.ces_1_saddle, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_1_saddle,
        coalesce(
                case when k.ces_2_wiping = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_2_wiping|') then false end,
                answer_truth(k.ces_2_wiping, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_2_wiping,
        coalesce(
                case when k.ces_3_urine_start = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_3_urine_start|') then false end,
                answer_truth(k.ces_3_urine_start, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_3_urine_start,
        coalesce(
                case when k.ces_4_urine_stop = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_4_urine_stop|') then false end,
                answer_truth(k.ces_4_urine_stop, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_4_urine_stop,
        coalesce(
                case when k.ces_5_void_feeling = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_5_void_feeling|') then false end,
                answer_truth(k.ces_5_void_feeling, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_5_void_feeling,
        coalesce(
                case when k.ces_6_urine_leak = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_6_urine_leak|') then false end,
                answer_truth(k.ces_6_urine_leak, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_6_urine_leak,
        coalesce(
                case when k.ces_7_bladder_fullness = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_7_bladder_fullness|') then false end,
                answer_truth(k.ces_7_bladder_fullness, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_7_bladder_fullness,
        coalesce(
                case when k.ces_8_bowel_control = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_8_bowel_control|') then false end,
                answer_truth(k.ces_8_bowel_control, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_8_bowel_control,
        coalesce(
                case when k.ces_9_sexual = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|ces_9_sexual|') then false end,
                answer_truth(k.ces_9_sexual, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as ces_9_sexual,
        coalesce(
                case when k.urg_1_weak_trip = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|urg_1_weak_trip|') then false end,
                answer_truth(k.urg_1_weak_trip, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as urg_1_weak_trip,
        coalesce(
                case when k.urg_2_gait = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|urg_2_gait|') then false end,
                answer_truth(k.urg_2_gait, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as urg_2_gait,
        coalesce(
                case when k.urg_3_floppy_foot = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|urg_3_floppy_foot|') then false end,
                answer_truth(k.urg_3_floppy_foot, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as urg_3_floppy_foot,
        coalesce(
                case when k.gp_2_unwell = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|gp_2_unwell|') then false end,
                answer_truth(k.gp_2_unwell, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as gp_2_unwell,
        coalesce(
                case when k.gp_3_weight_loss = 'na' and k.ces_1_saddle = 'no' and contains(p.na_as_no, '|gp_3_weight_loss|') then false end,
                answer_truth(k.gp_3_weight_loss, p.conflict_is_yes),
                case when p.composite_no and k.red_flags_summary = 'no' then false end
            ) as gp_3_weight_loss,
        answer_truth(k.has_back_pain, p.conflict_is_yes) as has_back_pain,
        answer_truth(k.has_leg_pain, p.conflict_is_yes) as has_leg_pain,
        answer_truth(k.red_flags_summary, p.conflict_is_yes) as red_flags_summary,
        answer_truth(k.adv_bilateral, p.conflict_is_yes) as adv_bilateral,
        answer_truth(k.adv_trauma, p.conflict_is_yes) as adv_trauma,
        answer_truth(k.adv_steroids, p.conflict_is_yes) as adv_steroids,
        answer_truth(k.adv_immunosuppressed, p.conflict_is_yes) as adv_immunosuppressed,
        answer_truth(k.adv_anticoagulant, p.conflict_is_yes) as adv_anticoagulant,
        answer_truth(k.adv_pregnant, p.conflict_is_yes) as adv_pregnant,
        answer_truth(k.help_1_unmanageable, p.conflict_is_yes) as help_1_unmanageable,
        answer_truth(k.help_2_sleep_impact, p.conflict_is_yes) as help_2_sleep_impact,
        case when k.help_2_med_helps = 'not_taking' then not p.h2_no_medication_counts
                else answer_truth(k.help_2_med_helps, p.conflict_is_yes) end as help_2_med_helps,
        answer_truth(k.help_3_worsening, p.conflict_is_yes) as help_3_worsening,
        answer_truth(k.help_tried, p.conflict_is_yes) as help_tried,
        answer_truth(k.help_improving, p.conflict_is_yes) as help_improving,
        answer_truth(k.advice_tried, p.conflict_is_yes) as advice_tried,
        answer_truth(k.symptoms_present, p.conflict_is_yes) as symptoms_present,
        answer_truth(k.ph_below_knee, p.conflict_is_yes) as ph_below_knee,
        answer_truth(k.ph_shooting_burning_electric, p.conflict_is_yes) as ph_shooting_burning_electric,
        answer_truth(k.ph_leg_worse_than_back, p.conflict_is_yes) as ph_leg_worse_than_back,
        answer_truth(k.ph_pins_numbness, p.conflict_is_yes) as ph_pins_numbness,
        answer_truth(k.ph_leg_weakness, p.conflict_is_yes) as ph_leg_weakness,
        answer_truth(k.ph_ache_or_sharp, p.conflict_is_yes) as ph_ache_or_sharp,
        answer_truth(k.analgesia_tried, p.conflict_is_yes) as analgesia_tried,
        answer_truth(k.physio_tried, p.conflict_is_yes) as physio_tried,
        answer_truth(k.significant_weakness, p.conflict_is_yes) as significant_weakness,
        answer_truth(k.debilitating, p.conflict_is_yes) as debilitating,
        answer_truth(k.mri_explains_pain, p.conflict_is_yes) as mri_explains_pain,
        answer_truth(k.dx_stenosis, p.conflict_is_yes) as dx_stenosis,
        answer_truth(k.leaflet_given, p.conflict_is_yes) as leaflet_given,
        answer_truth(k.safety_net_given, p.conflict_is_yes) as safety_net_given,
        coalesce(answer_truth(k.gp_1_cancer, p.conflict_is_yes), case when p.composite_no and k.red_flags_summary = 'no' then false end) as gp_1_cancer_here,
        contains(p.na_as_no, '|ces_1_saddle|') as ces_1_saddle_may_be_na,
        contains(p.na_as_no, '|ces_2_wiping|') as ces_2_wiping_may_be_na,
        contains(p.na_as_no, '|ces_3_urine_start|') as ces_3_urine_start_may_be_na,
        contains(p.na_as_no, '|ces_4_urine_stop|') as ces_4_urine_stop_may_be_na,
        contains(p.na_as_no, '|ces_5_void_feeling|') as ces_5_void_feeling_may_be_na,
        contains(p.na_as_no, '|ces_6_urine_leak|') as ces_6_urine_leak_may_be_na,
        contains(p.na_as_no, '|ces_7_bladder_fullness|') as ces_7_bladder_fullness_may_be_na,
        contains(p.na_as_no, '|ces_8_bowel_control|') as ces_8_bowel_control_may_be_na,
        contains(p.na_as_no, '|ces_9_sexual|') as ces_9_sexual_may_be_na,
        contains(p.na_as_no, '|urg_1_weak_trip|') as urg_1_weak_trip_may_be_na,
        contains(p.na_as_no, '|urg_2_gait|') as urg_2_gait_may_be_na,
        contains(p.na_as_no, '|urg_3_floppy_foot|') as urg_3_floppy_foot_may_be_na,
        contains(p.na_as_no, '|gp_2_unwell|') as gp_2_unwell_may_be_na,
        contains(p.na_as_no, '|gp_3_weight_loss|') as gp_3_weight_loss_may_be_na,
        k.gp_1_cancer as gp_1_cancer_code,
        case when k.nprs >= 1 or k.nprs_leg >= 1 or k.nprs_back >= 1 or answer_truth(k.symptoms_present, p.conflict_is_yes) then true
            when answer_truth(k.symptoms_present, p.conflict_is_yes) is false or coalesce(k.nprs, k.nprs_leg, k.nprs_back) is not null then false
        end as symptomatic,
        k.ces_1_saddle as ces_1_saddle_code,
        k.ces_2_wiping as ces_2_wiping_code,
        k.ces_3_urine_start as ces_3_urine_start_code,
        k.ces_4_urine_stop as ces_4_urine_stop_code,
        k.ces_5_void_feeling as ces_5_void_feeling_code,
        k.ces_6_urine_leak as ces_6_urine_leak_code,
        k.ces_7_bladder_fullness as ces_7_bladder_fullness_code,
        k.ces_8_bowel_control as ces_8_bowel_control_code,
        k.ces_9_sexual as ces_9_sexual_code,
        k.urg_1_weak_trip as urg_1_weak_trip_code,
        k.urg_2_gait as urg_2_gait_code,
        k.urg_3_floppy_foot as urg_3_floppy_foot_code,
        k.gp_2_unwell as gp_2_unwell_code,
        k.gp_3_weight_loss as gp_3_weight_loss_code,
        k.has_back_pain as has_back_pain_code,
        k.has_leg_pain as has_leg_pain_code,
        k.red_flags_summary as red_flags_summary_code,
        k.adv_bilateral as adv_bilateral_code,
        k.adv_trauma as adv_trauma_code,
        k.adv_steroids as adv_steroids_code,
        k.adv_immunosuppressed as adv_immunosuppressed_code,
        k.adv_anticoagulant as adv_anticoagulant_code,
        k.adv_pregnant as adv_pregnant_code,
        k.help_1_unmanageable as help_1_unmanageable_code,
        k.help_2_sleep_impact as help_2_sleep_impact_code,
        k.help_2_med_helps as help_2_med_helps_code,
        k.help_3_worsening as help_3_worsening_code,
        k.help_tried as help_tried_code,
        k.help_improving as help_improving_code,
        k.advice_tried as advice_tried_code,
        k.symptoms_present as symptoms_present_code,
        k.ph_below_knee as ph_below_knee_code,
        k.ph_shooting_burning_electric as ph_shooting_burning_electric_code,
        k.ph_leg_worse_than_back as ph_leg_worse_than_back_code,
        k.ph_pins_numbness as ph_pins_numbness_code,
        k.ph_leg_weakness as ph_leg_weakness_code,
        k.ph_ache_or_sharp as ph_ache_or_sharp_code,
        k.analgesia_tried as analgesia_tried_code,
        k.physio_tried as physio_tried_code,
        k.significant_weakness as significant_weakness_code,
        k.debilitating as debilitating_code,
        k.mri_explains_pain as mri_explains_pain_code,
        k.dx_stenosis as dx_stenosis_code,
        k.leaflet_given as leaflet_given_code,
        k.safety_net_given as safety_net_given_code
    from contacts as k
    join episodes as e on e.ep = k.ep
    join parameters as p on p.ps = e.ps
),

-- A history of cancer stays: yes from an earlier day holds, not asked takes the last earlier answer.
cancer_day as (
    select ep, contact_date, bool_or(gp_1_cancer_here) as cancer
    from mapped
    group by ep, contact_date
),

cancer_known as (
    select
        ep,
        contact_date,
        bool_or(cancer) over earlier as cancer_ever_before,
        last_value(cancer ignore nulls) over earlier as cancer_before
    from cancer_day
    window earlier as (
        partition by ep order by contact_date rows between unbounded preceding and 1 preceding
    )
)

select
    m.*,
    case
        when m.gp_1_cancer_here or c.cancer_ever_before then true
        else coalesce(m.gp_1_cancer_here, c.cancer_before)
    end as gp_1_cancer,
    coalesce(c.cancer_ever_before and m.gp_1_cancer_here is false, false) as cancer_denied_later,
    (case when answer_truth(ces_1_saddle_code, conflict_is_yes) is not null or (ces_1_saddle_code = 'na' and ces_1_saddle_code = 'no' and ces_1_saddle_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_2_wiping_code, conflict_is_yes) is not null or (ces_2_wiping_code = 'na' and ces_1_saddle_code = 'no' and ces_2_wiping_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_3_urine_start_code, conflict_is_yes) is not null or (ces_3_urine_start_code = 'na' and ces_1_saddle_code = 'no' and ces_3_urine_start_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_4_urine_stop_code, conflict_is_yes) is not null or (ces_4_urine_stop_code = 'na' and ces_1_saddle_code = 'no' and ces_4_urine_stop_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_5_void_feeling_code, conflict_is_yes) is not null or (ces_5_void_feeling_code = 'na' and ces_1_saddle_code = 'no' and ces_5_void_feeling_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_6_urine_leak_code, conflict_is_yes) is not null or (ces_6_urine_leak_code = 'na' and ces_1_saddle_code = 'no' and ces_6_urine_leak_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_7_bladder_fullness_code, conflict_is_yes) is not null or (ces_7_bladder_fullness_code = 'na' and ces_1_saddle_code = 'no' and ces_7_bladder_fullness_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_8_bowel_control_code, conflict_is_yes) is not null or (ces_8_bowel_control_code = 'na' and ces_1_saddle_code = 'no' and ces_8_bowel_control_may_be_na) then 1 else 0 end) +
        (case when answer_truth(ces_9_sexual_code, conflict_is_yes) is not null or (ces_9_sexual_code = 'na' and ces_1_saddle_code = 'no' and ces_9_sexual_may_be_na) then 1 else 0 end) +
        (case when answer_truth(urg_1_weak_trip_code, conflict_is_yes) is not null or (urg_1_weak_trip_code = 'na' and ces_1_saddle_code = 'no' and urg_1_weak_trip_may_be_na) then 1 else 0 end) +
        (case when answer_truth(urg_2_gait_code, conflict_is_yes) is not null or (urg_2_gait_code = 'na' and ces_1_saddle_code = 'no' and urg_2_gait_may_be_na) then 1 else 0 end) +
        (case when answer_truth(urg_3_floppy_foot_code, conflict_is_yes) is not null or (urg_3_floppy_foot_code = 'na' and ces_1_saddle_code = 'no' and urg_3_floppy_foot_may_be_na) then 1 else 0 end) +
        (case when answer_truth(gp_1_cancer_code, conflict_is_yes) is not null then 1 else 0 end) +
        (case when answer_truth(gp_2_unwell_code, conflict_is_yes) is not null or (gp_2_unwell_code = 'na' and ces_1_saddle_code = 'no' and gp_2_unwell_may_be_na) then 1 else 0 end) +
        (case when answer_truth(gp_3_weight_loss_code, conflict_is_yes) is not null or (gp_3_weight_loss_code = 'na' and ces_1_saddle_code = 'no' and gp_3_weight_loss_may_be_na) then 1 else 0 end) as screen_answered
from mapped as m
join cancer_known as c on c.ep = m.ep and c.contact_date = m.contact_date
