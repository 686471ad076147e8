-- The pain scores of an episode part, each with the row that it came from. Grain: scored day.
-- Of several contacts on a day the row of the largest score stands.
with contacts as (
    select
        contact_date as day,
        arg_max(file_id, coalesce(nprs, nprs_leg, nprs_back)) as file_id,
        arg_max(line, coalesce(nprs, nprs_leg, nprs_back)) as line
    from contact
    where episode_key = $key
    group by contact_date
)

select
    s.*,
    f.name as file,
    case when s.origin = 'diary' then d.line else c.line end as line
from score as s
left join contacts as c on c.day = s.score_date
left join log_day as d on d.episode_key = s.episode_key and d.log_date = s.score_date
left join file as f on f.file_id = case when s.origin = 'diary' then d.file_id else c.file_id end
where s.episode_key = $key
order by s.score_date
