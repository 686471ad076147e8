-- One row per episode of the files that hold now: its integer key, in the order in which the first
-- rows came in. Rows that a correction replaced count too, so that a later file numbers only what
-- is new in it, and all others keep their number.
with rows as (
    select * from landing_triage
),

files as (
    select * from landing_file where stream = 'triage' and current
),

seen as (
    select f.source, r.episode_id, min(f.sequence * 1000000000 + r.line) as first_row
    from rows as r
    join files as f on f.file_id = r.file_id
    group by f.source, r.episode_id
)

select source, episode_id, row_number() over (order by first_row, source, episode_id) as ep
from seen
