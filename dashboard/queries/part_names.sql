-- Words for rules and questions, which some measures are split by. Grain: one row per code.
select rule_id as code, title as words
from rule
union all
select item as code, wording as words
from item
