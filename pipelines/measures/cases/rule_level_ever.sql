-- Episodes by level whose rules held at any contact so far; one episode can be in several levels.
with held as (
    select
        episode_key,
        bool_or(ces) as a_and_e,
        bool_or(urg) as urgent,
        bool_or(gp) as gp,
        bool_or(tims) as tims
    from contact
    where evaluated
    group by episode_key
),

levels as (
    select
        e.*,
        unnest(['A_AND_E', 'URGENT', 'GP', 'TIMS']) as level,
        unnest([held.a_and_e, held.urgent, held.gp, held.tims]) as held
    from episode as e
    left join held on held.episode_key = e.episode_key
)

select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 56 as mature,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason,
    level,
    coalesce(held, false) as hit
from levels
