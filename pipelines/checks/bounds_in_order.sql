-- The confirmed level is never above the level not ruled out.
select contact_key as wrong from contact_result where lb > ub
union all
select episode_key from episode where worst_lb > worst_ub
