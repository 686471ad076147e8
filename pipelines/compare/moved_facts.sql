-- Of the episodes $keys: derived facts whose value at a contact is another. Grain: contact x fact.
with both_sides as (
    select
        n.contact_key,
        n.episode_key,
        n.contact_id,
        unnest([@names]) as fact,
        unnest([@before]) as old_value,
        unnest([@after]) as new_value
    from old.contact as o
    join new.contact as n on n.contact_key = o.contact_key
    where n.episode_key in (select unnest($keys))
)

select
    episode_key,
    contact_id,
    fact,
    coalesce(cast(old_value as varchar), 'unknown') as old_value,
    coalesce(cast(new_value as varchar), 'unknown') as new_value
from both_sides
where old_value is distinct from new_value
order by episode_key, contact_key
