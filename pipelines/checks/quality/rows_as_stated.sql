-- Files that hold now and state how many rows they have, and have another number of them.
select source, stream as part, count(*) filter (where stated <> data_rows) as n_wrong, count(*) as n_rows
from landing_file
where current and stated is not null
group by source, stream
