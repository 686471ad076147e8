-- Diary days before the episode's first contact: exercises that nobody had advised yet.
select l.source, 'exercise log' as part, count(*) filter (where l.log_date < e.first_contact_date) as n_wrong, count(*) as n_rows
from log_current as l
join episode as e on e.source = l.source and e.base_episode_id = l.episode_id and e.part = 1
group by l.source
