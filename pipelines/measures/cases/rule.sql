-- Episodes by rule of the leaflet: whether it held on the first day with an evaluated contact (or
-- too little was asked to say), and whether it held at any contact so far.
with contacts as (
    select
        c.contact_key,
        c.episode_key,
        coalesce(c.contact_date = e.first_contact_date, false) as first_day
    from contact as c
    join episode as e on e.episode_key = c.episode_key
    where c.evaluated
),

-- A rule that is not in the trace of a contact is "no" there.
told as (
    select
        c.episode_key,
        t.rule_id,
        coalesce(bool_or(t.value) filter (where c.first_day), false) as first_yes,
        count(*) filter (where c.first_day) > 0 as first_open,
        coalesce(bool_or(t.value), false) as ever
    from rule_trace as t
    join contacts as c on c.contact_key = t.contact_key
    group by c.episode_key, t.rule_id
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) as mature,
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 56 as mature_ever,
    case when e.n_evaluated = 0 then 'NO_CONTACT' end as reason,
    r.rule_id,
    coalesce(told.first_yes, false) as fired,
    coalesce(told.first_open and not told.first_yes, false) as unknown,
    coalesce(told.ever, false) as ever
from episode as e
cross join rule as r
left join told on told.episode_key = e.episode_key and told.rule_id = r.rule_id
