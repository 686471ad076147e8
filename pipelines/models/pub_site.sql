-- One row per site with its number of episodes.
with episodes as (
    select * from episode
)

select site_id, site_id as name, min(source) as source, count(*) as n_episodes
from episodes
group by site_id
order by site_id
