-- How many episode parts that are out of line have an audit case. Grain: one row.
-- `counted`: the parts that the measure counts, in front of this text.
select count(*)::bigint as n
from counted
where
    not hit
    and episode_key in (select audit_case.episode_key from audit_case)
