-- Small definitions that several models share. Each is plain SQL, written once.

-- yes, no or unknown from an answer code; both answers at once count as the parameter says.
create or replace macro answer_truth(code, conflict_is_yes) as
    case code when 'yes' then true when 'no' then false
        when 'conflict' then case when conflict_is_yes then true end end;

-- Was the person there? NHS attendance codes; without one, a contact took place.
create or replace macro attended(code) as
    coalesce(code, '') not in ('0', '2', '3', '4', '7', 'did_not_attend', 'cancelled');

-- Several rows for one question: an answer beats none, two different answers are a conflict.
create or replace macro merged_answer(code) as
    case
        when bool_or(code in ('yes', 'conflict')) and bool_or(code in ('no', 'conflict')) then 'conflict'
        when bool_or(code = 'yes') then 'yes'
        when bool_or(code = 'no') then 'no'
        when bool_or(code = 'na') then 'na'
        when bool_or(code = 'not_taking') then 'not_taking'
        when bool_or(code = 'declined') then 'declined'
        when bool_or(code = 'unknown') then 'unknown'
        when bool_or(code = 'not_recorded') then 'not_recorded'
        else 'not_asked'
    end;

-- Did a present sign develop after onset? Steps of the timing condition, in their order.
create or replace macro sign_state(present, changed, since, contact_date, oe, ol, policy, recent_days) as
    case
        when present is not true then null
        when policy = 'ignore_timing' or changed = 'yes' then 'yes'
        when since is null or since > contact_date then
            case when changed = 'no' then 'unconfirmed'
                when policy = 'safety_first' then 'assumed' else 'untimed' end
        when recent_days is not null and date_diff('day', since, contact_date) > recent_days then
            case when changed = 'no' then 'not_recent' else 'perhaps_not_recent' end
        when since >= ol then 'yes'
        when since < oe then case when changed = 'no' then 'predates' else 'unconfirmed' end
        when policy = 'safety_first' then 'assumed'
        else 'untimed'
    end;

-- The sign's value once its timing is known.
create or replace macro timed_truth(present, state) as
    case
        when present is not true then present
        when state in ('yes', 'assumed') then true
        when state in ('predates', 'not_recent') then false
    end;

-- Does a score meet a fall of so many points or per cent from the baseline? A missing cut is off.
create or replace macro fell(baseline, score, points, pct) as
    case
        when baseline is null or score is null or (points is null and pct is null) then null
        else coalesce(baseline - score >= points, false)
            or coalesce(baseline > 0 and 100 * (baseline - score) >= pct * baseline, false)
    end;

-- The fall that counts for the outcome measure: both cuts, or either.
create or replace macro fell_kpi(baseline, score, points, pct, combine) as
    case
        when baseline is null or score is null or (points is null and pct is null) then null
        when combine = 'or' then fell(baseline, score, points, pct)
        else coalesce(baseline - score >= points, true)
            and coalesce(baseline > 0 and 100 * (baseline - score) >= pct * baseline, true)
    end;

-- Status at a landmark for one onset date; the first line that holds wins.
create or replace macro landmark_status(onset, extract_date, landmark, grace, resolved, last_symptomatic, matured_only) as
    case
        when date_diff('day', onset, extract_date) <= landmark
            and (matured_only or coalesce(date_diff('day', onset, resolved) > landmark, true)) then 'NOT_YET_DUE'
        when date_diff('day', onset, resolved) <= landmark then 'NOT_PERSISTENT'
        when date_diff('day', onset, last_symptomatic) > landmark
            or date_diff('day', onset, resolved) > landmark then 'PERSISTENT'
        when date_diff('day', onset, extract_date) <= landmark + grace then 'PENDING'
        else 'LOST'
    end;

-- How much of an amount was done, at most all of it. `least` passes over NULL, hence the test.
create or replace macro share_done(done, amount) as
    case when done is not null then least(1, cast(done as double) / nullif(amount, 0)) end;

-- What the latest usable score says: fallen, not fallen, or nothing (too old, or from 0 to 0).
create or replace macro score_says(last_fall, last_date, today, max_age) as
    case when date_diff('day', last_date, today) <= max_age and last_fall >= 0 then last_fall = 1 end;

-- Global change of 1 to 3 is an improvement.
create or replace macro pgic_says(pgic, pgic_date, today, max_age) as
    case when date_diff('day', pgic_date, today) <= max_age then pgic <= 3 end;

-- The MSK-HQ against its first value.
create or replace macro msk_hq_says(first_score, first_date, last_score, last_date, mic, today, max_age) as
    case when last_date > first_date and date_diff('day', last_date, today) <= max_age
        then last_score - first_score >= mic end;

-- Yes if any instrument says so, no if one is informative and none does, else unknown.
create or replace macro any_says(a, b, c, d) as
    case when a or b or c or d then true when coalesce(a, b, c, d) is not null then false end;

-- "Despite trying the exercises": enough diary days, or the person says so; thin diaries prove nothing.
create or replace macro tried_by(n_days, first_day, last_day, adherent, said_yes, said_no, definition, least_days, least_span, no_logs) as
    case
        when definition = 'dose_adherent' and adherent then true
        when definition = 'any_log' and n_days >= 1 then true
        when definition = 'log_threshold' and n_days >= least_days and date_diff('day', first_day, last_day) + 1 >= least_span then true
        when said_yes then true
        when said_no then false
        when coalesce(n_days, 0) = 0 and no_logs = 'not_tried' then false
    end;
