-- The cases of the published snapshot that an auditor looks at, under a filter. Grain: audit case.
select
    case_key,
    max(mark) as mark,
    min(place) as place,
    min(level) as level,
    min(site_id) as site_id,
    min(found) as found
from audit_case
where @selected(day)
group by case_key
order by min(place), min(day), case_key
