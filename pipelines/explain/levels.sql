-- The triage outcomes with this service's labels, least urgent first. Grain: level.
select level, code, label
from level
order by level
