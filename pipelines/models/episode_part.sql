-- One row per part of an episode: symptoms that come back after a long enough clear spell
-- begin a new part, whose onset is that day.
with observed as (
    select * from symptom_day
),

episodes as (
    select * from stg_episode
),

onsets as (
    select * from episode_onset
),

parameters as (
    select * from param_set
),

contacts as (
    select * from stg_contact
),

spells as (
    select
        *,
        count(case when symptomatic then day end) over (
            partition by ep order by day rows between unbounded preceding and 1 preceding
        ) as n_symptomatic_before
    from observed
),

-- A clear spell and the symptomatic day that ends it share the number of symptomatic days before.
ended as (
    select
        *,
        min(case when not symptomatic then day end) over (
            partition by ep, n_symptomatic_before
        ) as clear_from
    from spells
),

recurrences as (
    select d.ep, d.day
    from ended as d
    join episodes as e on e.ep = d.ep
    join parameters as p on p.ps = e.ps
    where d.symptomatic and date_diff('day', d.clear_from, d.day) >= p.recurrence_gap_days
),

starts as (
    select ep, cast('0001-01-01' as date) as part_start from onsets
    union all
    select ep, day from recurrences
),

bounded as (
    select
        ep,
        row_number() over (partition by ep order by part_start) as part,
        part_start,
        coalesce(
            lead(part_start) over (partition by ep order by part_start), cast('9999-12-31' as date)
        ) as part_end
    from starts
),

contact_days as (
    select distinct ep, contact_date
    from contacts
),

first_seen as (
    select
        b.ep,
        b.part,
        min(c.contact_date) as first_contact_date
    from bounded as b
    join contact_days as c on c.ep = b.ep and c.contact_date >= b.part_start and c.contact_date < b.part_end
    group by b.ep, b.part
),

resolutions as (
    select b.ep, b.part, max(s.day) filter (where s.symptomatic) as last_symptomatic_date
    from bounded as b
    join observed as s on s.ep = b.ep and s.day >= b.part_start and s.day < b.part_end
    group by b.ep, b.part
),

resolved as (
    select b.ep, b.part, min(s.day) as resolved_date
    from bounded as b
    join observed as s on s.ep = b.ep and s.day >= b.part_start and s.day < b.part_end
    join resolutions as r on r.ep = b.ep and r.part = b.part
    where not s.symptomatic and (r.last_symptomatic_date is null or s.day > r.last_symptomatic_date)
    group by b.ep, b.part
)

select
    b.ep * 1000 + b.part - 1 as episode_key,
    b.ep,
    b.part,
    b.part_start,
    b.part_end,
    case when b.part = 1 then o.oe else b.part_start end as oe,
    case when b.part = 1 then o.ol else b.part_start end as ol,
    f.first_contact_date,
    v.resolved_date,
    case when b.part_end < cast('9999-12-31' as date) then b.part_end end as recurrence_date,
    r.last_symptomatic_date,
    e.ps,
    e.extract_date
from bounded as b
join onsets as o on o.ep = b.ep
join episodes as e on e.ep = b.ep
left join first_seen as f on f.ep = b.ep and f.part = b.part
left join resolutions as r on r.ep = b.ep and r.part = b.part
left join resolved as v on v.ep = b.ep and v.part = b.part
