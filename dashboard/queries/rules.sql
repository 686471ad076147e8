-- The rules of this snapshot with the labels of its levels. Grain: one row per rule.
select
    rule.rule_id,
    rule.title,
    level.label as level,
    rule.section,
    rule.item,
    rule.reading,
    rule.description,
    rule.condition
from rule
join level on level.level = rule.level
order by rule.ord
