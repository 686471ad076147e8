-- Pairs by the months, sites and further values of both rows: as published, less those of the
-- touched people as they were, with those as they are.
with moved as (
    select 1 as sign, * from snap.counts_pairs
    union all by name
    select -1 as sign, * from pairs_before.counts_pairs
    union all by name
    select 1 as sign, * from pairs_after.counts_pairs
)

select
    * exclude (sign, pairs, hit_pairs, both_hit),
    cast(sum(sign * pairs) as bigint) as pairs,
    cast(sum(sign * hit_pairs) as bigint) as hit_pairs,
    cast(sum(sign * both_hit) as bigint) as both_hit
from moved
group by all
having sum(sign * pairs) > 0
order by key, site, month, cut_value
