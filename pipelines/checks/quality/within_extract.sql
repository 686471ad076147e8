-- Rows dated after the last day that their export says it covers.
select t.source, 'triage' as part, count(*) filter (where t.contact_date > e.extract_date) as n_wrong, count(*) as n_rows
from triage_current as t
join stg_episode as e on e.source = t.source and e.episode_id = t.episode_id
group by t.source
