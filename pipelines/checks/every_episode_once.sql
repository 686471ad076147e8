-- Every episode of the exports is published, and its key stands once.
select e.ep as wrong
from stg_episode as e
left join episode as p on p.episode_key = e.ep * 1000
where p.episode_key is null
union all
select episode_key
from episode
group by episode_key
having count(*) > 1
