-- One row per data-quality flag or set-aside kind, with how many rows and episodes it touches.
with flags as (
    select * from episode_flag
),

logs as (
    select * from log_current
),

referrals as (
    select * from referral_current
),

episodes as (
    select * from stg_episode
),

files as (
    select * from landing_file
)

select 'flag' as kind, flag as name, cast(sum(n) as bigint) as n_rows, count(*) as n_episodes
from flags
group by flag
union all
select 'orphan', 'diary entries without a triage episode', count(*), count(distinct concat_ws('/', l.source, l.episode_id))
from logs as l
left join episodes as e on e.source = l.source and e.episode_id = l.episode_id
where e.ep is null
union all
select 'orphan', 'referrals without a triage episode', count(*), count(distinct concat_ws('/', r.source, r.episode_id))
from referrals as r
left join episodes as e on e.source = r.source and e.episode_id = r.episode_id
where e.ep is null
union all
select 'set aside', stream, cast(sum(quarantined) as bigint), 0
from files
group by stream
