-- One row per episode part and day with a pain score, in the measure fixed at the baseline:
-- the overall score, or else the larger of leg and back as long as the baseline's larger one
-- is recorded. A diary adds scores to the overall measure only, and may set its baseline.
with parts as (
    select * from episode_part
),

parameters as (
    select * from param_set
),

contact_days as (
    select u.episode_key, u.ps, d.day, d.nprs, d.nprs_leg, d.nprs_back
    from contact_day as d
    join parts as u on u.ep = d.ep and d.day >= u.part_start and d.day < u.part_end
    where coalesce(d.nprs, d.nprs_leg, d.nprs_back) is not null
),

diary_days as (
    select u.episode_key, u.ps, d.day, d.nprs_today
    from log_day as d
    join parts as u on u.ep = d.ep and d.day >= u.part_start and d.day < u.part_end
    join parameters as p on p.ps = u.ps
    where d.nprs_today is not null and p.diary_scores = 'confirmed'
),

-- The measure is the first scored contact's; without any, the diary's overall score.
first_contact as (
    select
        episode_key,
        arg_min(coalesce(nprs, -1), day) >= 0 as overall,
        arg_min(coalesce(nprs_leg, -1), day) as leg,
        arg_min(coalesce(nprs_back, -1), day) as back
    from contact_days
    group by episode_key
),

measured as (
    select
        coalesce(c.episode_key, d.episode_key) as episode_key,
        case when coalesce(c.overall, true) then 'nprs' else 'max_leg_back' end as measure,
        case when c.leg >= c.back then 'leg' else 'back' end as component
    from first_contact as c
    full join (select distinct episode_key from diary_days) as d on d.episode_key = c.episode_key
),

valued as (
    select
        m.episode_key,
        c.day as score_date,
        case
            when m.measure = 'nprs' then c.nprs
            when m.component = 'leg' and c.nprs_leg is not null then greatest(c.nprs_leg, coalesce(c.nprs_back, c.nprs_leg))
            when m.component = 'back' and c.nprs_back is not null then greatest(c.nprs_back, coalesce(c.nprs_leg, c.nprs_back))
        end as score,
        'contact' as origin
    from measured as m
    join contact_days as c on c.episode_key = m.episode_key
    union all
    select d.episode_key, d.day, d.nprs_today, 'diary'
    from measured as m
    join diary_days as d on d.episode_key = m.episode_key
    where m.measure = 'nprs'
),

-- A contact's score wins its day.
daily as (
    select episode_key, score_date, min(origin) as origin, arg_min(score, origin) as score
    from valued
    where score is not null
    group by episode_key, score_date
),

compared as (
    select
        d.episode_key,
        d.score_date,
        d.score,
        d.origin,
        m.measure,
        first_value(d.score_date) over series as baseline_date,
        first_value(d.score) over series as baseline,
        row_number() over series = 1 as is_baseline,
        row_number() over series as score_number,
        lag(d.score_date) over series as previous_date,
        lead(d.score_date) over series as next_date
    from daily as d
    join measured as m on m.episode_key = d.episode_key
    window series as (partition by d.episode_key order by d.score_date)
),

cut as (
    select
        c.*,
        case when c.is_baseline or (c.baseline = 0 and c.score = 0) then null
            else fell(c.baseline, c.score, p.any_sign_points, p.any_sign_pct) end as some_fall,
        case when c.is_baseline then null
            else fell_kpi(c.baseline, c.score, p.kpi_points, p.kpi_pct, p.kpi_combine) end as kpi_fall
    from compared as c
    join parts as u on u.episode_key = c.episode_key
    join parameters as p on p.ps = u.ps
)

select
    *,
    lag(some_fall) over series as previous_some_fall,
    lag(origin) over series as previous_origin,
    lead(kpi_fall) over series as next_kpi_fall,
    lag(score) over series as previous_score
from cut
window series as (partition by episode_key order by score_date)
