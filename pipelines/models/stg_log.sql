-- One row per diary entry of a known episode, on or before its extract date.
with logs as (
    select * from log_current
),

episodes as (
    select * from stg_episode
),

onsets as (
    select * from episode_onset
),

placed as (
    select
        e.ep,
        e.ps,
        l.*,
        e.extract_date,
        l.log_date > e.extract_date as is_future,
        coalesce(l.log_date < o.oe, false) as before_onset,
        l.exercise_code is not null and l.exercise_code not in ('other', 'none')
            and coalesce(l.performed, 'yes') <> 'no' as exercised
    from logs as l
    join episodes as e on e.source = l.source and e.episode_id = l.episode_id
    join onsets as o on o.ep = e.ep
)

select * from placed
qualify log_id is null
    or row_number() over (partition by ep, log_id order by file_sequence desc, line) = 1
