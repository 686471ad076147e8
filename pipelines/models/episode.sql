-- One row per part of an episode: everything that the measures and the pages read about it.
with parts as (
    select * from episode_part
),

sources as (
    select * from stg_episode
),

contacts as (
    select * from contact
),

results as (
    select * from contact_result
),

levels as (
    select * from episode_level
),

parameters as (
    select * from param_set
),

-- Evaluated contacts before the others, each in its order.
placed as (
    select k.*, case when c.evaluated then k.contact_key else 1000000000000 + k.contact_key end as place
    from stg_contact as k
    join contacts as c on c.contact_key = k.contact_key
),

-- Site, bands and person: the first evaluated contact's, else the first that says so.
described as (
    select
        u.episode_key,
        arg_min(k.site_id, k.place) filter (where k.site_id is not null) as site_id,
        arg_min(k.patient_id, k.place) filter (where k.patient_id is not null) as patient_id,
        arg_min(k.age_band, k.place) filter (where k.age_band is not null) as age_band,
        arg_min(k.sex, k.place) filter (where k.sex is not null) as sex,
        arg_min(k.ethnic_group, k.place) filter (where k.ethnic_group is not null) as ethnic_group,
        arg_min(k.imd_quintile, k.place) filter (where k.imd_quintile is not null) as imd_quintile,
        count(*) as n_contacts,
        min(k.referral_received_date) as referral_received_date,
        max(k.contact_date) as last_contact_date
    from placed as k
    join parts as u on u.ep = k.ep and k.contact_date >= u.part_start and k.contact_date < u.part_end
    group by u.episode_key
),

closed as (
    select * from episode_close
),

evaluated as (
    select
        r.episode_key,
        count(*) as n_evaluated,
        bool_or(r.screen_answered = 15) filter (where r.contact_date = l.first_evaluated_date) as screen_complete_first,
        bool_or(r.status <> 'INCOMPLETE_SAFETY') filter (where r.contact_date = l.first_evaluated_date) as screen_sufficient_first,
        bool_or(r.contact_date = l.first_evaluated_date and f.pain and f.recent and f.gp_1_cancer) as first_cancer,
        bool_or(r.contact_date = l.first_evaluated_date and (f.gp_2_unwell or f.gp_3_weight_loss)) as first_other_gp
    from results as r
    join contact_fact as f on f.contact_key = r.contact_key
    join levels as l on l.episode_key = r.episode_key
    group by r.episode_key
),

lasting as (
    select episode_key, arg_max(tried, contact_key) as tried_last
    from (select episode_key, contact_key, coalesce(cast(tried as integer), -1) as tried from contact_fact) as f
    group by episode_key
),

observed as (
    select u.episode_key, max(s.day) as last_observed_date, max(s.day) filter (where s.symptomatic) as last_symptomatic_date
    from parts as u
    join symptom_day as s on s.ep = u.ep and s.day >= u.part_start and s.day < u.part_end
    group by u.episode_key
),

diary as (
    select u.episode_key, max(d.day) as last_log_date
    from parts as u
    join log_day as d on d.ep = u.ep and d.day >= u.part_start and d.day < u.part_end
    group by u.episode_key
),

flagged as (
    select ep, string_agg(flag, ',' order by flag) as flags from episode_flag group by ep
),

joined as (
    select
        u.*,
        s.source,
        s.episode_id as base_episode_id,
        p.w_lo_days,
        p.w_hi_days,
        p.maturity_grace_days,
        d.* exclude (episode_key),
        l.* exclude (episode_key),
        v.* exclude (episode_key),
        e.* exclude (episode_key),
        case when z.tried_last >= 0 then z.tried_last = 1 end as tried_last,
        x.* exclude (episode_key),
        case when c.close_date <= u.extract_date then c.close_date end as close_date,
        case when c.close_date <= u.extract_date then c.close_reason end as close_reason,
        t.* exclude (episode_key),
        h.phenotype,
        o.last_observed_date,
        o.last_symptomatic_date as last_symptomatic,
        greatest(coalesce(d.last_contact_date, g.last_log_date), coalesce(g.last_log_date, d.last_contact_date)) as last_seen_date,
        w.* exclude (episode_key, window_start, window_end),
        f.flags
    from parts as u
    join sources as s on s.ep = u.ep
    join parameters as p on p.ps = u.ps
    left join described as d on d.episode_key = u.episode_key
    left join levels as l on l.episode_key = u.episode_key
    left join persistence as v on v.episode_key = u.episode_key
    left join evaluated as e on e.episode_key = u.episode_key
    left join improvement_event as x on x.episode_key = u.episode_key
    left join lasting as z on z.episode_key = u.episode_key
    left join closed as c on c.ep = u.ep and u.recurrence_date is null
    left join episode_audit as t on t.episode_key = u.episode_key
    left join phenotype as h on h.episode_key = u.episode_key
    left join observed as o on o.episode_key = u.episode_key
    left join diary as g on g.episode_key = u.episode_key
    left join adherence as w on w.episode_key = u.episode_key
    left join flagged as f on f.ep = u.ep
),

opened as (
    select
        *,
        resolved_date is null and recurrence_date is null and close_date is null
            and coalesce(date_diff('day', last_seen_date, extract_date) <= 90, false) as open_now,
        oe is not null as onset_known,
        case
            when oe is null or first_contact_date is null then null
            when date_diff('day', oe, first_contact_date) <= 56 then 'incident'
            when date_diff('day', ol, first_contact_date) > 56 then 'prevalent'
        end as entry_cohort
    from joined
)

select
    episode_key,
    base_episode_id || case when part > 1 then '#' || cast(part as varchar) else '' end as episode_id,
    base_episode_id,
    part,
    source,
    coalesce(patient_id, source || '/' || base_episode_id) as patient_id,
    coalesce(site_id, 'unknown') as site_id,
    coalesce(age_band, 'unknown') as age_band,
    coalesce(sex, 'unknown') as sex,
    coalesce(ethnic_group, 'unknown') as ethnic_group,
    coalesce(imd_quintile, 'unknown') as imd_quintile,
    extract_date,
    oe as onset_earliest,
    case when onset_known then ol end as onset_latest,
    onset_known,
    first_evaluated_date as first_contact_date,
    first_contact_date as first_seen_date,
    referral_received_date,
    last_contact_date,
    cast(date_trunc('month', first_evaluated_date) as date) as month,
    coalesce(n_contacts, 0) as n_contacts,
    coalesce(n_evaluated, 0) as n_evaluated,
    cast(first_lb as tinyint) as first_lb,
    cast(first_ub as tinyint) as first_ub,
    cast(worst_lb as tinyint) as worst_lb,
    cast(worst_ub as tinyint) as worst_ub,
    worst_status,
    coalesce(escalated_later, false) as escalated_later,
    first_date_tims,
    first_date_gp,
    first_date_urgent,
    first_date_ae,
    coalesce(first_lb = 2 and first_cancer and not first_other_gp, false) as first_cancer_only,
    screen_complete_first,
    screen_sufficient_first,
    entry_cohort,
    persist_6w,
    persist_8w,
    resolved_date,
    recurrence_date,
    last_symptomatic as last_symptomatic_date,
    last_observed_date,
    last_seen_date,
    date_diff('day', ol, extract_date) as days_open,
    coalesce(date_diff('day', ol, last_symptomatic) > 91, false) as chronic_3m,
    open_now,
    open_now and persist_8w = 'PERSISTENT' as persisting_now,
    open_now and onset_known and date_diff('day', ol, extract_date) > w_lo_days and date_diff('day', ol, extract_date) <= w_hi_days as crossing_soon,
    coalesce(onset_known and date_diff('day', ol, extract_date) >= w_hi_days + maturity_grace_days, false) as mature_8w,
    n_score_days,
    baseline_date,
    baseline_score,
    measure as score_measure,
    tti_event,
    cast(tti_days as integer) as tti_days,
    tti_reason,
    improved_date,
    case when onset_known then cast(date_diff('day', ol, first_contact_date) as integer) end as res_entry,
    case when onset_known and last_observed_date is not null then
        cast(date_diff('day', ol, coalesce(resolved_date, last_observed_date)) as integer) end as res_exit,
    case when onset_known and last_observed_date is not null then resolved_date is not null end as res_event,
    coalesce(phenotype, 'UNKNOWN') as phenotype,
    tried_last,
    close_date,
    close_reason,
    category as audit_category,
    reason as audit_reason,
    late as audit_late,
    permitted as audit_permitted,
    missed_red_flag,
    missed_gp,
    coalesce(action_source, false) as action_source,
    cast(expected_lb as tinyint) as expected_lb,
    cast(expected_ub as tinyint) as expected_ub,
    cast(recorded as tinyint) as recorded,
    recorded_implied,
    n_log_days,
    n_weeks,
    active_day_rate,
    weekly_frequency_score,
    dose_fidelity,
    adherence_index,
    n_exercises,
    flags
from opened
order by site_id, month, episode_key
