-- Diary entries and referrals whose episode no triage export has.
with entries as (
    select source, 'exercise log' as part, episode_id from log_current
    union all
    select source, 'referral', episode_id from referral_current
)

select l.source, l.part, count(*) filter (where e.ep is null) as n_wrong, count(*) as n_rows
from entries as l
left join stg_episode as e on e.source = l.source and e.episode_id = l.episode_id
group by l.source, l.part
