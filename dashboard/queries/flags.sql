-- What was cleaned, set aside or left without an episode. Grain: one row per kind and name.
select kind, name, n_rows, n_episodes
from data_quality
order by kind, n_rows desc, name
