-- Episodes whose onset no row tells.
select source, 'episodes' as part, count(*) filter (where onset_latest is null and onset_earliest is null) as n_wrong, count(*) as n_rows
from episode
group by source
