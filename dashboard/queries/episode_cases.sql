-- The audit cases of one episode, the most urgent first. Grain: case.
select
    case_key,
    max(mark) as mark,
    min(kind) as kind,
    min(day) as day,
    min(level) as level,
    min(found) as found,
    min(action_date) as action_date,
    min(days) as days,
    min(allowed_days) as allowed_days,
    bool_or(possible) as possible,
    min(titles) as titles,
    min(place) as place
from audit_case
where
    episode_id = $episode
    and (
        len($sites::varchar[]) = 0
        or list_contains($sites::varchar[], coalesce(site_id, 'unknown'))
    )
group by case_key
order by min(place), min(day), case_key
