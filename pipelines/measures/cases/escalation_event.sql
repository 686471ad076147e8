-- Episodes that reached GP level or above, placed by the day on which they first did.
select
    episode_key,
    null::varchar as detail,
    first_date_gp as clock_date,
    @dims,
    extract_date >= last_day(first_date_gp) as mature,
    null::varchar as reason,
    true as hit
from episode
where first_date_gp is not null
