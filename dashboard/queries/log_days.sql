-- Diary days with exercises. Grain: episode part x day.
select log_date, n_exercises
from log_day
where episode_key = $episode_key
order by log_date
