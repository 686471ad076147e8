-- Episodes that come out differently, with each compared field before and after. Grain: episode.
select
    coalesce(n.episode_key, o.episode_key) as episode_key,
    coalesce(n.episode_id, o.episode_id) as episode_id,
    coalesce(n.site_id, o.site_id) as site_id,
    @pairs
from old.episode as o
full join new.episode as n on n.episode_key = o.episode_key
where @differs
order by episode_id, episode_key
