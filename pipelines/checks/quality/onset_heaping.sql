-- Onsets exactly 7, 14, 42 or 56 days before the first contact, against the two days on either side.
with gaps as (
    select source, first_contact_date - onset_earliest as days
    from episode
    where part = 1 and onset_earliest = onset_latest
),

heaps as (
    select source, count(*) filter (where days in (7, 14, 42, 56)) as heaped,
        count(*) filter (where days in (5, 6, 8, 9, 12, 13, 15, 16, 40, 41, 43, 44, 54, 55, 57, 58)) as beside
    from gaps
    group by source
)

-- As many episodes as lie there beyond what their neighbours let expect (a quarter of sixteen days).
select source, 'episodes' as part, greatest(0, heaped - cast(ceil(beside / 4.0) as bigint)) as n_wrong, heaped as n_rows
from heaps
