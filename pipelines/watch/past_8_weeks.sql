-- The episodes that are open now and past 8 weeks. Grain: episode part.
select
    source,
    episode_id,
    site_id
from episode
where persisting_now
order by source, episode_id
