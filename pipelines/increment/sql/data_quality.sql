-- The flags and rows without an episode of all episodes: as they were, less those of the touched
-- episodes as they were, with those of the touched episodes as they are. What files set aside is
-- told by the files.
with moved as (
    select kind, name, n_rows, n_episodes from snap.data_quality where kind <> 'set aside'
    union all
    select kind, name, -n_rows, -n_episodes from before.data_quality where kind <> 'set aside'
    union all
    select kind, name, n_rows, n_episodes from after.data_quality where kind <> 'set aside'
)

select
    kind,
    name,
    cast(sum(n_rows) as bigint) as n_rows,
    cast(sum(n_episodes) as bigint) as n_episodes
from moved
group by kind, name
having sum(n_rows) > 0 or kind = 'orphan'
union all
select kind, name, n_rows, n_episodes from after.data_quality where kind = 'set aside'
