-- Diary days with exercises. Grain: episode part x day.
select log_date, n_exercises
from log_day
where
    episode_key = $episode_key
    and episode_key in (
        select episode.episode_key
        from episode
        where
            len($sites::varchar[]) = 0
            or list_contains($sites::varchar[], coalesce(episode.site_id, 'unknown'))
    )
order by log_date
