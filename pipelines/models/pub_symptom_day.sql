-- One row per episode part and day on which symptoms were seen present or absent.
with observed as (
    select * from symptom_day
),

parts as (
    select * from episode_part
)

select u.episode_key, s.day, s.symptomatic
from observed as s
join parts as u on u.ep = s.ep and s.day >= u.part_start and s.day < u.part_end
order by u.episode_key, s.day
