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
    select
        episode_key,
        score_date,
        bool_or(origin = 'contact') as by_contact,
        coalesce(max(score) filter (where origin = 'contact'), max(score) filter (where origin = 'diary')) as score
    from valued
    where score is not null
    group by episode_key, score_date
),

-- The rows are sorted once: what is said of the score before and after follows from its value.
compared as (
    select
        episode_key,
        score_date,
        score,
        by_contact,
        first_value(score_date) over series as baseline_date,
        first_value(score) over series as baseline,
        row_number() over series as score_number,
        lag(score_date) over series as previous_date,
        lead(score_date) over series as next_date,
        lag(by_contact) over series as previous_by_contact,
        lag(score) over series as previous_score,
        lead(score) over series as next_score
    from daily
    window series as (partition by episode_key order by score_date)
)

select
    c.episode_key,
    c.score_date,
    c.score,
    case when c.by_contact then 'contact' else 'diary' end as origin,
    m.measure,
    c.baseline_date,
    c.baseline,
    c.score_number = 1 as is_baseline,
    c.score_number,
    c.previous_date,
    c.next_date,
    case when c.score_number = 1 or (c.baseline = 0 and c.score = 0) then null
        else fell(c.baseline, c.score, p.any_sign_points, p.any_sign_pct) end as some_fall,
    case when c.score_number = 1 then null
        else fell_kpi(c.baseline, c.score, p.kpi_points, p.kpi_pct, p.kpi_combine) end as kpi_fall,
    case when c.score_number <= 2 or (c.baseline = 0 and c.previous_score = 0) then null
        else fell(c.baseline, c.previous_score, p.any_sign_points, p.any_sign_pct) end as previous_some_fall,
    case when c.previous_by_contact then 'contact' when c.previous_by_contact is false then 'diary' end as previous_origin,
    fell_kpi(c.baseline, c.next_score, p.kpi_points, p.kpi_pct, p.kpi_combine) as next_kpi_fall,
    c.previous_score
from compared as c
join measured as m on m.episode_key = c.episode_key
join parts as u on u.episode_key = c.episode_key
join parameters as p on p.ps = u.ps
