-- Days between one pain score and the next of the same episode: improvement is dated when it is
-- seen, so long gaps make it look late.
with gaps as (
    select
        episode_key,
        score_date,
        lag(score_date) over (partition by episode_key order by score_date) as previous_date
    from score
)

select
    g.episode_key,
    g.score_date::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 84 as mature,
    null::varchar as reason,
    date_diff('day', g.previous_date, g.score_date) as value
from gaps as g
join episode as e on e.episode_key = g.episode_key
where g.previous_date is not null
