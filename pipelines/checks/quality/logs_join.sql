-- Diary entries whose episode no triage export has.
select l.source, 'exercise log' as part, count(*) filter (where e.ep is null) as n_wrong, count(*) as n_rows
from log_current as l
left join stg_episode as e on e.source = l.source and e.episode_id = l.episode_id
group by l.source
