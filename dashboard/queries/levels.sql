-- The triage outcomes, least urgent first, with the labels of this service. Grain: level.
select level, code, label
from level
order by level
