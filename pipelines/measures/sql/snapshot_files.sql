-- The files that a snapshot was made from. Grain: file.
select file_id, name, source, stream, supply = 'delta' as correction, extract_date
from file
order by sequence
