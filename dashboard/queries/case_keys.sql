-- Whether no two audit cases of the data share a key. Grain: one row.
select count(*) = count(distinct case_key) as each_its_own
from audit_case
