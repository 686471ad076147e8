-- One row per MRI, injection or surgery referral: does it fit the leaflet's described situations?
-- Inputs as last known on or before the referral.
with actions as (
    select * from referral_all where destination in ('MRI', 'INJECTION', 'SURGERY')
),

parts as (
    select * from episode_part
),

parameters as (
    select * from param_set
),

facts as (
    select * from contact_fact
),

known as (
    select
        r.episode_key,
        r.referral_id,
        count(*) as n_contacts,
        coalesce(bool_or(
            f.developed_ces_1_saddle
            or f.developed_ces_2_wiping
            or f.developed_ces_3_urine_start
            or f.developed_ces_4_urine_stop
            or f.developed_ces_5_void_feeling
            or f.developed_ces_6_urine_leak
            or f.developed_ces_7_bladder_fullness
            or f.developed_ces_8_bowel_control
            or f.developed_ces_9_sexual
        ), false) as ces_ever,
        bool_or(f.developed_urg_1_weak_trip) as urg_1_ever,
        bool_or(f.developed_urg_2_gait) as urg_2_ever,
        bool_or(f.developed_urg_3_floppy_foot) as urg_3_ever,
        arg_max(f.developed_urg_2_gait, f.contact_key) filter (where f.developed_urg_2_gait is not null) as urg_2,
        arg_max(f.significant_weakness, f.contact_key) filter (where f.significant_weakness is not null) as significant_weakness,
        arg_max(f.debilitating, f.contact_key) filter (where f.debilitating is not null) as debilitating,
        arg_max(f.analgesia_tried, f.contact_key) filter (where f.analgesia_tried is not null) as analgesia_tried,
        arg_max(f.physio_tried, f.contact_key) filter (where f.physio_tried is not null) as physio_tried,
        arg_max(f.help_1_unmanageable, f.contact_key) filter (where f.help_1_unmanageable is not null) as unmanageable,
        arg_max(f.mri_explains_pain, f.contact_key) filter (where f.mri_explains_pain is not null) as mri_explains_pain,
        arg_max(f.improved, f.contact_key) filter (where f.improved is not null) as improved,
        arg_max(f.tried, f.contact_key) filter (where f.tried is not null) as tried,
        arg_max(coalesce(f.nprs, greatest(f.nprs_leg, f.nprs_back)), f.contact_key)
            filter (where coalesce(f.nprs, f.nprs_leg, f.nprs_back) is not null
                and date_diff('day', f.contact_date, r.referral_date) <= 28) as latest_nprs,
        arg_max(f.nprs_leg, f.contact_key)
            filter (where f.nprs_leg is not null and date_diff('day', f.contact_date, r.referral_date) <= 28) as latest_leg
    from actions as r
    join facts as f on f.episode_key = r.episode_key and f.contact_date <= r.referral_date
    group by r.episode_key, r.referral_id
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
        r.referral_date,
        r.destination,
        r.setting,
        coalesce(k.n_contacts, 0) as n_contacts,
        k.ces_ever,
        coalesce(m.had_mri, false) as had_mri,
        k.mri_explains_pain,
        k.unmanageable,
        k.debilitating,
        coalesce(k.urg_2_ever, false) or k.urg_2 as gait,
        case
            when k.urg_1_ever or k.urg_3_ever or k.significant_weakness then true
            when k.significant_weakness is false then false
        end as weak,
        k.latest_nprs >= p.severe_nprs as severe,
        k.latest_leg >= p.severe_nprs as severe_leg,
        not k.improved as not_improved,
        (not contains(p.conservative_required, '|exercises|') or k.tried)
            and (not contains(p.conservative_required, '|medication|') or k.analgesia_tried)
            and (not contains(p.conservative_required, '|physio|') or k.physio_tried) as conservative,
        case
            when date_diff('day', u.ol, r.referral_date) > p.w_lo_days then true
            when date_diff('day', u.oe, r.referral_date) <= p.w_lo_days then false
        end as persisted
    from actions as r
    join parts as u on u.episode_key = r.episode_key
    join parameters as p on p.ps = u.ps
    left join known as k on k.episode_key = r.episode_key and k.referral_id = r.referral_id
    left join prior_mri as m on m.episode_key = r.episode_key and m.referral_id = r.referral_id
),

judged as (
    select
        *,
        case destination
            when 'MRI' then coalesce(ces_ever, false) or gait or weak or (unmanageable and not_improved) or (persisted and not_improved)
            when 'INJECTION' then severe_leg and not_improved and conservative
            else weak or (severe and debilitating and conservative and not_improved)
        end as fits
    from derived
)

select
    episode_key,
    referral_id,
    case
        when n_contacts = 0 then 'UNKNOWN'
        when ces_ever and destination in ('MRI', 'SURGERY') then 'NOT_APPLICABLE'
        when fits then 'PASS'
        when fits is false then 'FAIL'
        else 'UNKNOWN'
    end as result,
    case
        when n_contacts = 0 then 'no_contact_before'
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
            case when conservative is false or not_improved is false then 'not_resistant' end)
    end as reasons,
    concat_ws(',',
        case when destination <> 'MRI' and not had_mri then 'no_prior_mri' end,
        case when destination <> 'MRI' and mri_explains_pain is false then 'mri_not_explaining' end,
        case when destination = 'INJECTION' and setting is not null and not contains(lower(setting), 'hospital') then 'setting_not_hospital' end
    ) as soft
from judged
