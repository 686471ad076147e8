-- Rows with a date that no format of the profile reads, or that cannot be true.
select source, 'triage' as part, count(*) filter (where regexp_matches(cell_issues, ':(invalid_date|date_out_of_range|date_without_day)')) as n_wrong, count(*) as n_rows
from triage_current
group by source
union all
select source, 'exercise log', count(*) filter (where regexp_matches(cell_issues, ':(invalid_date|date_out_of_range|date_without_day)')), count(*)
from log_current
group by source
union all
select source, 'referral', count(*) filter (where regexp_matches(cell_issues, ':(invalid_date|date_out_of_range|date_without_day)')), count(*)
from referral_current
group by source
