-- The triggers of an episode part with the label of the level. Grain: trigger.
select b.* exclude (level), b.level as level_rank, l.code as level_code, l.label as level
from breach as b
join level as l on l.level = b.level
where b.episode_key = $key
order by b.breach_date, b.level
