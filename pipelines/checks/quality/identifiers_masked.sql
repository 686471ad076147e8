-- Rows with a cell that looked like an identifier of a person and was masked at the door.
select source, 'triage' as part, count(*) filter (where contains(cell_issues, ':identifier_like')) as n_wrong, count(*) as n_rows
from triage_current
group by source
union all
select source, 'exercise log', count(*) filter (where contains(cell_issues, ':identifier_like')), count(*)
from log_current
group by source
