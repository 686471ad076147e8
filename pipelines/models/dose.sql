-- One row per diary entry of a leaflet exercise: how much of the leaflet's amount was done.
-- A missing field makes the amount not assessable; the day still counts.
with logs as (
    select * from stg_log where exercised and not is_future and not before_onset
),

parameters as (
    select * from param_set
),

measured as (
    select
        l.ep,
        l.log_id,
        l.log_date,
        l.exercise_code,
        l.file_id,
        l.line,
        l.pain_during >= p.excessive_pain_nprs as excessive_pain,
        case l.exercise_code
            when 'knees_to_chest' then share_done(l.hold_s, 20) * share_done(l.reps, 5)
            when 'crawl_stretch' then share_done(l.hold_s, 20)
            when 'knees_side_to_side' then share_done(l.reps, 10)
            when 'bridge' then share_done(l.reps, 5)
            when 'seated_knee_extension' then
                share_done(l.duration_s, 60 * (1 - p.dose_around_tol)) * share_done(l.sets, 2)
            when 'squat' then share_done(l.reps, 10)
            when 'march_in_place' then share_done(l.duration_s, 30)
            when 'walk' then case when l.duration_s > 0 then 1 when l.duration_s is not null then 0 end
        end as dose_fraction,
        case l.exercise_code
            when 'knees_to_chest' then l.hold_s > 20 or l.reps > 5
            when 'crawl_stretch' then l.hold_s > 30
            when 'knees_side_to_side' then l.reps > 15
            when 'bridge' then l.reps > 10
            when 'seated_knee_extension' then l.duration_s > 60 * (1 + p.dose_around_tol) or l.sets > 2
            when 'squat' then l.reps > 10
            when 'march_in_place' then l.duration_s > 60
            when 'walk' then case when l.duration_s is not null then false end
        end as over_dose
    from logs as l
    join parameters as p on p.ps = l.ps
)

select
    * replace (case when dose_fraction is not null then over_dose end as over_dose),
    dose_fraction >= 1 as dose_met
from measured
