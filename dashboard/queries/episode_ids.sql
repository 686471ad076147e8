-- What a list of cases names of each episode. Grain: one row per episode part.
select episode.episode_key, episode.episode_id, episode.part, episode.site_id
from episode
where
    list_contains($keys::bigint[], episode.episode_key)
    and (
        len($sites::varchar[]) = 0
        or list_contains($sites::varchar[], coalesce(episode.site_id, 'unknown'))
    )
