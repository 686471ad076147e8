-- One row per episode part: still symptomatic past six and eight weeks, three-valued and dated.
with parts as (
    select * from episode_part
),

observed as (
    select * from symptom_day
),

parameters as (
    select * from param_set
),

last_seen as (
    select
        u.episode_key,
        max(s.day) filter (where s.symptomatic) as last_symptomatic_date
    from parts as u
    join observed as s on s.ep = u.ep and s.day >= u.part_start and s.day < u.part_end
    group by u.episode_key
),

ends as (
    select
        u.episode_key,
        u.oe,
        u.ol,
        u.extract_date,
        u.first_contact_date,
        u.resolved_date,
        l.last_symptomatic_date,
        p.landmark_grace_days,
        p.matured_only,
        unnest([p.w_lo_days, p.w_hi_days]) as landmark,
        unnest(['6w', '8w']) as which
    from parts as u
    join parameters as p on p.ps = u.ps
    left join last_seen as l on l.episode_key = u.episode_key
),

-- The status counted from each end of the onset interval.
judged as (
    select
        episode_key,
        which,
        first_contact_date,
        case when oe is null then null else
            landmark_status(oe, extract_date, landmark, landmark_grace_days, resolved_date, last_symptomatic_date, matured_only)
        end as from_earliest,
        landmark_status(ol, extract_date, landmark, landmark_grace_days, resolved_date, last_symptomatic_date, matured_only) as from_latest
    from ends
),

settled as (
    select
        episode_key,
        which,
        case
            when first_contact_date is null then 'NO_DATA'
            when from_earliest is null and from_latest = 'PERSISTENT' then 'PERSISTENT'
            when from_earliest is null or from_earliest <> from_latest then 'ONSET_UNKNOWN'
            else from_latest
        end as status
    from judged
)

select
    episode_key,
    max(status) filter (where which = '6w') as persist_6w,
    max(status) filter (where which = '8w') as persist_8w
from settled
group by episode_key
