-- One row per action on record: did the rules call for it?
with actions as (
    select * from referral_all
),

days as (
    select * from day_level
),

facts as (
    select * from contact_fact
),

parts as (
    select * from episode_part
),

parameters as (
    select * from param_set
),

breaches as (
    select * from breach
),

routes as (
    select * from route_check
),

observed as (
    select * from symptom_day
),

-- Reasons outside the leaflet: an advisory item, or marked weakness that made nobody trip.
advisory as (
    select
        r.episode_key,
        r.referral_id,
        coalesce(bool_or(f.adv_bilateral or f.adv_trauma or f.adv_steroids or f.adv_immunosuppressed
            or f.adv_anticoagulant or f.adv_pregnant), false)
            or (coalesce(bool_or(f.significant_weakness), false) and not coalesce(bool_or(f.urg_1_weak_trip), false)) as advised
    from actions as r
    join facts as f on f.episode_key = r.episode_key and f.contact_date <= r.referral_date
    group by r.episode_key, r.referral_id
),

by_then as (
    select
        r.episode_key,
        r.referral_id,
        max(d.lb) as lb,
        max(d.filled_ub) as ub,
        bool_or(d.h4_permitted) as h4_permitted
    from actions as r
    join days as d on d.episode_key = r.episode_key and d.day <= r.referral_date
    group by r.episode_key, r.referral_id
),

symptoms as (
    select r.episode_key, r.referral_id, arg_max(s.symptomatic, s.day) as symptomatic
    from actions as r
    join parts as u on u.episode_key = r.episode_key
    join observed as s on s.ep = u.ep and s.day >= u.part_start and s.day < u.part_end and s.day <= r.referral_date
    group by r.episode_key, r.referral_id
),

scan_days as (
    select episode_key, contact_date as day, bool_or(mri_explains_pain) as mri_explains_pain
    from facts
    where mri_explains_pain is not null
    group by episode_key, contact_date
),

scans as (
    select r.episode_key, r.referral_id, arg_max(f.mri_explains_pain, f.day) as mri_explains_pain
    from actions as r
    join scan_days as f on f.episode_key = r.episode_key and f.day <= r.referral_date
    group by r.episode_key, r.referral_id
),

covered as (
    select r.episode_key, r.referral_id, max(b.level) as level
    from actions as r
    join breaches as b on b.episode_key = r.episode_key and b.action_id = r.referral_id
    group by r.episode_key, r.referral_id
),

joined as (
    select
        r.*,
        d.lb is not null or c.level is not null as auditable,
        greatest(coalesce(d.lb, 0), coalesce(c.level, 0)) as lb,
        greatest(coalesce(d.ub, 0), coalesce(c.level, 0)) as ub,
        coalesce(d.h4_permitted, false)
            or (p.persistent_permits_tims and date_diff('day', u.ol, r.referral_date) > p.w_hi_days and coalesce(s.symptomatic, false))
            or coalesce(m.mri_explains_pain is false, false) as permits,
        coalesce(a.advised, false) as advised,
        t.result as route_result,
        t.reasons,
        t.soft
    from actions as r
    join parts as u on u.episode_key = r.episode_key
    join parameters as p on p.ps = u.ps
    left join by_then as d on d.episode_key = r.episode_key and d.referral_id = r.referral_id
    left join symptoms as s on s.episode_key = r.episode_key and s.referral_id = r.referral_id
    left join scans as m on m.episode_key = r.episode_key and m.referral_id = r.referral_id
    left join covered as c on c.episode_key = r.episode_key and c.referral_id = r.referral_id
    left join advisory as a on a.episode_key = r.episode_key and a.referral_id = r.referral_id
    left join routes as t on t.episode_key = r.episode_key and t.referral_id = r.referral_id
)

select
    episode_key,
    referral_id,
    referral_date,
    destination,
    destination_rank,
    kind,
    setting,
    case
        when route_result is not null then route_result
        when kind = 'gp_source' or destination_rank is null then 'NOT_APPLICABLE'
        when auditable and destination_rank <= lb then 'JUSTIFIED'
        when auditable and destination = 'TIMS' and permits then 'PERMITTED'
        when auditable and destination_rank > ub then case when advised then 'BEYOND_SUPPORTED' else 'OVER' end
        else 'NOT_AUDITABLE'
    end as result,
    reasons,
    soft,
    file_id,
    line
from joined
