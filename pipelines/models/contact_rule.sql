-- One row per contact (and its back-filled twin): a column per rule and per level, and the
-- confirmed (lb) and not ruled out (ub) levels. Written from rules/*.toml by rules/sql.py.
with facts as (
    select * from contact_filled
),

rules as (
    select
        f.contact_key,
        f.episode_key,
        f.contact_date,
        f.filled,
        f.evaluated,
        f.screen_answered,
@rule_columns
    from facts as f
),

levels as (
    select
        *,
@level_columns
    from rules
)

select
    *,
@bound_columns
from levels
