-- One row per episode part and exercise of its diary, within the window of adherence: days, amounts
-- reached, and for walking how its weekly time changes (seconds per week, over 3 complete weeks or more).
with windows as (
    select * from adherence
),

parts as (
    select * from episode_part
),

doses as (
    select * from dose
),

logs as (
    select ep, log_date, duration_s
    from stg_log
    where exercised and not is_future and not before_onset and exercise_code = 'walk'
),

placed as (
    select
        w.episode_key,
        w.window_start,
        w.window_end,
        w.n_weeks,
        u.ep,
        date_diff('day', w.window_start, w.window_end) + 1 as n_window_days
    from windows as w
    join parts as u on u.episode_key = w.episode_key
),

used as (
    select
        p.episode_key,
        d.exercise_code,
        max(p.n_window_days) as n_window_days,
        count(distinct d.log_date) as n_days,
        count(*) as n_entries,
        count(d.dose_fraction) as n_assessed,
        cast(sum(cast(d.dose_fraction as decimal(18, 12))) as double) / nullif(count(d.dose_fraction), 0) as mean_dose,
        count(*) filter (where d.dose_met) as n_dose_met,
        count(*) filter (where d.over_dose) as n_over_dose
    from placed as p
    join doses as d on d.ep = p.ep and d.log_date between p.window_start and p.window_end
    group by p.episode_key, d.exercise_code
),

-- The slope of a straight line through the complete weeks; a week without walking counts as 0.
walked as (
    select
        p.episode_key,
        -- decimals are added exactly, whatever the order of the rows
        6 * cast(sum(cast((2 * (date_diff('day', p.window_start, l.log_date) // 7) - (p.n_weeks - 1)) * l.duration_s as decimal(18, 6))) as double)
            / nullif(max(p.n_weeks) * (max(p.n_weeks) * max(p.n_weeks) - 1), 0) as walk_slope
    from placed as p
    join logs as l on l.ep = p.ep and l.log_date between p.window_start and p.window_end
    where p.n_weeks >= 3
        and date_diff('day', p.window_start, l.log_date) // 7 < p.n_weeks
    group by p.episode_key
    having count(*) = count(l.duration_s)
)

select
    u.episode_key,
    u.exercise_code,
    u.n_window_days,
    u.n_days,
    u.n_entries,
    u.n_assessed,
    u.mean_dose,
    u.n_dose_met,
    u.n_over_dose,
    case when u.exercise_code = 'walk' then k.walk_slope end as walk_slope
from used as u
left join walked as k on k.episode_key = u.episode_key
order by u.episode_key, u.exercise_code
