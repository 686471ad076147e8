-- Every file's records are accepted, set aside or dropped with a reason.
select file_id as wrong
from landing_file
where physical <> accepted + quarantined + dropped
