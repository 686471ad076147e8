-- The pain scores of an episode part. Grain: scored day.
select *
from score
where episode_key = $key
order by score_date
