-- One row per episode and diary day: exercises done and the day's pain.
with logs as (
    select * from stg_log where not is_future and not before_onset
)

select
    ep,
    log_date as day,
    count(distinct case when exercised then exercise_code end) as n_exercises,
    coalesce(bool_or(exercised), false) as exercised,
    max(case when nprs_today between 0 and 10 then nprs_today end) as nprs_today
from logs
group by ep, log_date
