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

joined as (
    select
        k.*,
        p.* exclude (ps, conflict_is_yes, gp_recency_mode, gp_recency_days, gp_unknown_recency),
        s.* exclude (episode_key, day),
        date_diff('day', k.ol, k.contact_date) as days_at_least,
        date_diff('day', k.oe, k.contact_date) as days_at_most
    from contacts as k
    join parameters as p on p.ps = k.ps
    left join states as s on s.episode_key = k.episode_key and s.day = k.contact_date
),

informed as (
    select
        *,
        case when h4_improvement_window = 'ever'
            then case when any_fall then true when any_fall_told then false end
            else case when date_diff('day', last_score_date, contact_date) <= score_max_age_days and last_fall >= 0
                then last_fall = 1 end
        end as score_fell,
        case when h4_improvement_window = 'ever'
            then case when ever_improving then true else help_improving end
            else help_improving
        end as said_better,
        case when h4_improvement_window = 'ever'
            then case when best_pgic <= 3 then true when best_pgic is not null then false end
            else case when date_diff('day', last_pgic_date, contact_date) <= score_max_age_days then last_pgic <= 3 end
        end as pgic_better,
        case when h4_improvement_window = 'ever'
            then case when last_msk_hq_date > first_msk_hq_date then best_msk_hq - first_msk_hq >= mskhq_mic end
            else case when last_msk_hq_date > first_msk_hq_date
                and date_diff('day', last_msk_hq_date, contact_date) <= score_max_age_days
                then last_msk_hq - first_msk_hq >= mskhq_mic end
        end as msk_hq_rose,
        case
            when tried_def = 'self_report_only' then false
            when tried_def = 'any_log' then n_log_days >= 1
            else n_log_days >= tried_min_log_days
                and date_diff('day', first_log_date, last_log_date) + 1 >= tried_min_span_days
        end as logs_show_tried,
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
        case
            when score_fell or said_better or pgic_better or msk_hq_rose then true
            when coalesce(score_fell, said_better, pgic_better, msk_hq_rose) is not null then false
        end as improved,
        case
            when logs_show_tried or ever_tried then true
            when ever_not_tried then false
            when coalesce(n_log_days, 0) = 0 and no_logs_means = 'not_tried' then false
        end as tried,
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
