-- One row per episode as exported: integer key, the last day its exports cover, parameter set.
with triage as (
    select * from triage_current
),

numbers as (
    select * from episode_number
),

files as (
    select * from landing_file where current
),

parameter_sets as (
    select * from source_params
),

-- The last day that every stream of the source covers.
covered as (
    select
        source,
        min(last_day) as extract_date,
        coalesce(bool_or(acts and stream = 'referral'), false) as referrals_supplied,
        coalesce(bool_or(stream = 'exercise_log'), false) as diary_supplied
    from (
        select source, stream, max(extract_date) as last_day, bool_or(action_source) as acts
        from files
        group by source, stream
    ) as per_stream
    group by source
),

episodes as (
    select distinct source, episode_id from triage
)

select
    n.ep,
    e.source,
    e.episode_id,
    c.extract_date,
    c.referrals_supplied,
    c.diary_supplied,
    s.ps
from episodes as e
join numbers as n on n.source = e.source and n.episode_id = e.episode_id
join covered as c on c.source = e.source
join parameter_sets as s on s.source = e.source
