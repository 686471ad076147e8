-- One row per episode part and diary day, with the first of its source rows.
with days as (
    select * from log_day
),

parts as (
    select * from episode_part
),

episodes as (
    select * from stg_episode
),

files as (
    select * from landing_file where stream = 'exercise_log'
)

select
    u.episode_key,
    d.day as log_date,
    d.n_exercises,
    d.exercised,
    d.nprs_today,
    d.excessive_pain,
    d.n_rows,
    f.file_id,
    d.line
from days as d
join parts as u on u.ep = d.ep and d.day >= u.part_start and d.day < u.part_end
join episodes as e on e.ep = d.ep
left join files as f on f.source = e.source and f.sequence = d.file_sequence
order by u.episode_key, d.day
