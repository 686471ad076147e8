-- Values of every dimension but the site, unknown last. Grain: dimension x value.
select distinct
    cut as dimension,
    cut_value as "value"
from episode_total
where
    cut <> ''
    and (len($sites::varchar[]) = 0 or list_contains($sites::varchar[], site))
order by dimension, lower("value") = 'unknown', "value"
