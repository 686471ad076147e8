-- What the leaflet leaves open, as it was decided for these data. Grain: one row per parameter.
select name, value, standard, unit, why, source
from parameter
order by ord
