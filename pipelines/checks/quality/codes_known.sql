-- Rows that hold a code or spelling that no code table of the profile knows.
select source, 'triage' as part, count(*) filter (where contains(cell_issues, ':unmapped')) as n_wrong, count(*) as n_rows
from triage_current
group by source
union all
select source, 'exercise log', count(*) filter (where contains(cell_issues, ':unmapped')), count(*)
from log_current
group by source
union all
select source, 'referral', count(*) filter (where contains(cell_issues, ':unmapped')), count(*)
from referral_current
group by source
