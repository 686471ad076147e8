-- The diary of an episode part, each day with the first row that tells of it. Grain: diary day.
select d.* exclude (file_id, run_id), f.name as file
from log_day as d
left join file as f on f.file_id = d.file_id
where d.episode_key = $key
order by d.log_date
