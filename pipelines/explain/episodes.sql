-- The parts of the episodes with this id, of every service that has one. Grain: episode part.
-- Without a part number all of them; without a service, every service's.
select *
from episode
where base_episode_id = $base
    and ($part = '' or cast(part as varchar) = $part)
    and ($source = '' or source = $source)
order by source, part
