-- One row per diary entry of a known episode, with what is asked of it: on or before the extract
-- date, not before onset, an exercise done. Of several entries under one id the latest file's counts.
with logs as (
    select * from log_current
),

-- Few apps give ids: only those entries are compared.
numbered as (
    select source, episode_id, log_id, file_sequence, line from log_current where log_id is not null
),

episodes as (
    select * from stg_episode
),

onsets as (
    select * from episode_onset
),

known as (
    select
        e.source,
        e.episode_id,
        e.ep,
        e.ps,
        e.extract_date,
        o.oe
    from episodes as e
    join onsets as o on o.ep = e.ep
),

-- The later file first, within it the earlier line.
latest as (
    select source, episode_id, log_id, max(file_sequence * 10000000000 - line) as newest
    from numbered
    group by source, episode_id, log_id
)

select
    e.ep,
    e.ps,
    l.log_id,
    l.log_date,
    l.exercise_code,
    l.sets,
    l.reps,
    l.hold_s,
    l.duration_s,
    l.distance_m,
    l.pain_during,
    l.nprs_today,
    l.cell_issues,
    l.file_sequence,
    l.line,
    l.log_date > e.extract_date as is_future,
    coalesce(l.log_date < e.oe, false) as before_onset,
    l.exercise_code is not null and l.exercise_code not in ('other', 'none')
        and coalesce(l.performed, 'yes') <> 'no' as exercised
from logs as l
join known as e on e.source = l.source and e.episode_id = l.episode_id
left join latest as n on n.source = l.source and n.episode_id = l.episode_id and n.log_id = l.log_id
where l.log_id is null or l.file_sequence * 10000000000 - l.line = n.newest
