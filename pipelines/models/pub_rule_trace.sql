-- One row per contact and rule that is not "no": yes (true) or unknown (null).
with results as (
    select * from contact_result
),

unfolded as (
    select
        contact_key,
        episode_key,
@rule_trace
    from results
)

select contact_key, episode_key, rule_id, value
from unfolded
where value is not false
order by episode_key, contact_key
