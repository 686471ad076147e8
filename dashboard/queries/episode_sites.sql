-- How many parts an episode has, and how many of them are of these sites. Grain: one row.
select
    count(*) as n,
    count_if(list_contains($sites::varchar[], coalesce(site_id, 'unknown'))) as n_own
from episode
where episode_id = $episode_id
