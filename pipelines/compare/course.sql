-- How the changed episodes went on one side, for the sentences that say why. Grain: episode.
select *
from @side.episode
where episode_key in (select unnest($keys))
