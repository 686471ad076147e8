-- One row per episode part and diary day.
with days as (
    select * from log_day
),

parts as (
    select * from episode_part
)

select u.episode_key, d.day as log_date, d.n_exercises, d.exercised, d.nprs_today
from days as d
join parts as u on u.ep = d.ep and d.day >= u.part_start and d.day < u.part_end
order by u.episode_key, d.day
