-- Small definitions that several models share. Each is plain SQL, written once.

-- yes, no or unknown from an answer code; both answers at once count as the parameter says.
create or replace macro answer_truth(code, conflict_is_yes) as
    case code when 'yes' then true when 'no' then false
        when 'conflict' then case when conflict_is_yes then true end end;

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
        when matured_only and date_diff('day', onset, extract_date) <= landmark then 'NOT_YET_DUE'
        when date_diff('day', onset, resolved) <= landmark then 'NOT_PERSISTENT'
        when date_diff('day', onset, last_symptomatic) > landmark
            or date_diff('day', onset, resolved) > landmark then 'PERSISTENT'
        when date_diff('day', onset, extract_date) <= landmark + grace then 'PENDING'
        else 'LOST'
    end;

-- How much of an amount was done, at most all of it. `least` passes over NULL, hence the test.
create or replace macro share_done(done, amount) as
    case when done is not null then least(1, cast(done as double) / amount) end;
