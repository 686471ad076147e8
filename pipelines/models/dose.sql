-- One row per diary entry of a leaflet exercise: how much of the leaflet's amount was done.
-- A missing field makes the amount not assessable; the day still counts.
-- The amounts are written from rules/exercises.toml by rules/sql.py.
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
        l.file_sequence,
        l.line,
@dose_columns
    from logs as l
    join parameters as p on p.ps = l.ps
)

select
    * replace (case when dose_fraction is not null then over_dose end as over_dose),
    dose_fraction >= 1 as dose_met
from measured
