-- One row per contact: the predicates that a rule may name, each yes, no or unknown.
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
    * exclude (gp_not_recent_means),
    case when gp_not_recent_means = 'no' then false end as gp_not_recent,
    h4_bound = 'lower' as h4_at_lower_bound,
    persisted_lo and symptomatic and not improved and tried as h4_lo,
    persisted_hi and symptomatic and not improved and tried as h4_hi,
    case when worsening and tried is false then true else false end as worsening_untried
from derived
