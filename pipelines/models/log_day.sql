-- One row per episode and diary day: exercises done, the day's pain, whether pain during an
-- exercise was more than the leaflet advises, and the first source row of the day.
with logs as (
    select * from stg_log where not is_future and not before_onset
),

parameters as (
    select * from param_set
)

select
    l.ep,
    l.log_date as day,
    count(distinct case when l.exercised then l.exercise_code end) as n_exercises,
    coalesce(bool_or(l.exercised), false) as exercised,
    max(case when l.nprs_today between 0 and 10 then l.nprs_today end) as nprs_today,
    coalesce(bool_or(l.exercised and l.pain_during >= p.excessive_pain_nprs), false) as excessive_pain,
    count(*) as n_rows,
    min(l.file_sequence) as file_sequence,
    arg_min(l.line, l.file_sequence * 10000000000 + l.line) as line
from logs as l
join parameters as p on p.ps = l.ps
group by l.ep, l.log_date
