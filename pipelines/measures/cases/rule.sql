-- Evaluated contacts by rule of the leaflet: it holds, or too little was asked to say.
select
    c.episode_key,
    c.contact_key::varchar as detail,
    c.contact_date as clock_date,
    @dims(c),
    c.extract_date >= last_day(c.contact_date) as mature,
    null::varchar as reason,
    r.rule_id,
    coalesce(t.value, false) as fired,
    t.contact_key is not null and t.value is null as unknown
from contact as c
cross join rule as r
left join rule_trace as t on t.contact_key = c.contact_key and t.rule_id = r.rule_id
where c.evaluated
