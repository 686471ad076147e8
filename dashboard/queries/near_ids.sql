-- Ids that look like one that does not exist. Grain: episode.
select episode_id
from episode
where
    len($sites::varchar[]) = 0
    or list_contains($sites::varchar[], coalesce(site_id, 'unknown'))
order by jaro_winkler_similarity(lower(episode_id), lower($episode_id)) desc, episode_id
limit 5
