-- Rows with a score outside its scale.
select source, 'triage' as part, count(*) filter (where contains(cell_issues, ':out_of_range')) as n_wrong, count(*) as n_rows
from triage_current
group by source
union all
select source, 'exercise log', count(*) filter (where contains(cell_issues, ':out_of_range')), count(*)
from log_current
group by source
