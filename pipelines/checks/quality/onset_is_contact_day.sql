-- Episodes whose onset is the day of the first contact: often a default of the form.
select source, 'episodes' as part, count(*) filter (where onset_earliest = onset_latest and onset_earliest = first_contact_date) as n_wrong, count(*) as n_rows
from episode
where part = 1 and onset_earliest is not null
group by source
