-- Episodes by the person's own global change, as last told.
with told as (
    select episode_key, arg_max(pgic, contact_key) as pgic
    from contact
    where pgic is not null and contact_date <= extract_date
    group by episode_key
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 84 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when told.pgic is null then 'NO_GLOBAL_CHANGE'
    end as reason,
    case when e.n_evaluated = 0 then 'NO_CONTACT' end as reason_told,
    told.pgic is not null as told,
    told.pgic <= 2 as much_better,
    true as counted,
    case told.pgic
        when 1 then 'very much improved'
        when 2 then 'much improved'
        when 3 then 'minimally improved'
        when 4 then 'no change'
        when 5 then 'minimally worse'
        when 6 then 'much worse'
        when 7 then 'very much worse'
    end as answer
from episode as e
left join told on told.episode_key = e.episode_key
