-- Each exercise of each episode with a diary: used or not, how much of the leaflet's amount was
-- reached on average, and for walking how many days and whether the weekly time grew.
with codes as (
    select distinct exercise_code from exercise
),

kept as (
    select * from episode where n_log_days is not null
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 84 as mature,
    null::varchar as reason,
    codes.exercise_code,
    codes.exercise_code = 'walk' as walking,
    u.episode_key is not null as used,
    case
        when u.episode_key is null then 'NOT_USED'
        when u.n_assessed = 0 then 'NOT_ASSESSABLE'
    end as reason_dose,
    u.mean_dose,
    u.mean_dose >= 0.799999999 as dose_reached,
    u.n_over_dose > 0 as over_dose,
    case when u.episode_key is null then 'NOT_USED' end as reason_days,
    u.n_days::double / u.n_window_days as day_share,
    case
        when u.episode_key is null then 'NOT_USED'
        when u.walk_slope is null then 'NOT_ASSESSABLE'
    end as reason_slope,
    u.walk_slope > 0 as increasing
from kept as e
cross join codes
left join exercise as u on u.episode_key = e.episode_key and u.exercise_code = codes.exercise_code
