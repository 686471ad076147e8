-- Of the episodes $keys: rules whose value at a contact is another, or that only one of the sets has.
-- Grain: contact x rule. The trace holds what is yes or unknown; what is not in it is no.
with before as (
    select * from old.rule_trace
),

after as (
    select * from new.rule_trace
),

rules as (
    select
        coalesce(n.rule_id, o.rule_id) as rule_id,
        coalesce(n.title, o.title) as title,
        coalesce(n.ord, 1000 + o.ord) as ord,
        o.rule_id is not null as was_there,
        n.rule_id is not null as is_there
    from old.rule as o
    full join new.rule as n on n.rule_id = o.rule_id
),

joined as (
    select
        coalesce(b.episode_key, a.episode_key) as episode_key,
        coalesce(b.contact_key, a.contact_key) as contact_key,
        coalesce(b.rule_id, a.rule_id) as rule_id,
        case when b.contact_key is null then false else b.value end as old_value,
        case when a.contact_key is null then false else a.value end as new_value
    from before as b
    full join after as a on a.contact_key = b.contact_key and a.rule_id = b.rule_id
)

select
    j.episode_key,
    c.contact_id,
    r.title,
    case when r.was_there then coalesce(cast(j.old_value as varchar), 'unknown') end as old_value,
    case when r.is_there then coalesce(cast(j.new_value as varchar), 'unknown') end as new_value
from joined as j
join new.contact as c on c.contact_key = j.contact_key
join rules as r on r.rule_id = j.rule_id
where j.old_value is distinct from j.new_value and j.episode_key in (select unnest($keys))
order by j.episode_key, j.contact_key, r.ord
