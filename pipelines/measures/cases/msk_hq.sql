-- Episodes by the change of the MSK-HQ from its first to its last recorded value (up is better).
with days as (
    select episode_key, contact_date, min(msk_hq) as score
    from contact
    where msk_hq is not null and contact_date <= extract_date
    group by episode_key, contact_date
),

paired as (
    select
        episode_key,
        arg_max(score, contact_date) - arg_min(score, contact_date) as change
    from days
    group by episode_key
    having count(*) >= 2
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 84 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when p.episode_key is null then 'UNPAIRED'
    end as reason,
    case when e.n_evaluated = 0 then 'NO_CONTACT' end as reason_paired,
    p.episode_key is not null as paired,
    p.change >= coalesce(s.mskhq_mic, 6) as hit,
    p.change as value
from episode as e
cross join (select max(mskhq_mic) as mskhq_mic from param_set) as s
left join paired as p on p.episode_key = e.episode_key
