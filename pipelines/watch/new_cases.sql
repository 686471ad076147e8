-- The audit cases at A&E or urgent level without an action; `possible` where it is not known when
-- the sign began, which is counted apart. Grain: case.
select
    case_key,
    level.label as level,
    site_id,
    bool_and(possible) as possible,
    day
from audit_case
join level on level.code = audit_case.level
where found = 'MISSED' and level.level >= 3
group by case_key, level.label, site_id, day
order by case_key
