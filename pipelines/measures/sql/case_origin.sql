-- Where an episode's rows came from. Grain: episode part x file.
with rows as (
    select episode_key, file_id from contact
    union
    select episode_key, file_id from referral
),

episodes as (
    select episode_key, episode_id, source from episode
)

select
    e.source || '/' || e.episode_id as episode,
    r.file_id
from rows as r
inner join episodes as e on r.episode_key = e.episode_key
where r.file_id is not null
