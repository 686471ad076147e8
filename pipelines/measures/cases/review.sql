-- Episodes whose 84th day from onset is over and that had not resolved by day 56, by whether
-- anybody saw them from day 57 to 84.
with around as (
    select distinct c.episode_key
    from contact as c
    join episode as e on e.episode_key = c.episode_key
    where c.evaluated
        and date_diff('day', e.onset_latest, c.contact_date) between 57 and 84
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 84 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when not e.onset_known then 'ONSET_UNKNOWN'
        when date_diff('day', e.onset_latest, e.extract_date) < 84 then 'NOT_YET_DUE'
        when date_diff('day', e.onset_latest, e.resolved_date) <= 56 then 'RESOLVED_BY_8_WEEKS'
        when date_diff('day', e.onset_latest, e.first_contact_date) > 84 then 'ARRIVED_PAST_12_WEEKS'
    end as reason,
    around.episode_key is null as hit
from episode as e
left join around on around.episode_key = e.episode_key
