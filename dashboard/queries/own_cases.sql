-- The audit cases of these sites. Grain: case.
select distinct case_key
from audit_case
where list_contains($sites::varchar[], coalesce(site_id, 'unknown'))
