-- One row per episode part and scored day, for the pages.
with scores as (
    select * from score
)

select
    episode_key,
    score_date,
    score as value,
    measure,
    origin,
    is_baseline,
    baseline,
    kpi_fall
from scores
order by episode_key, score_date
