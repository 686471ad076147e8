-- Rows whose onset lies after the contact that tells it.
select source, 'triage' as part, count(*) filter (where onset_date > contact_date) as n_wrong, count(*) as n_rows
from triage_current
where onset_date is not null
group by source
