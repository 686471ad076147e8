-- One row per episode part with a diary: exercise days, weekly frequency, amount reached.
-- Window: first evaluated contact to twelve weeks on, the close, the part's end or the extract date.
with parts as (
    select * from episode_part
),

levels as (
    select * from episode_level
),

parameters as (
    select * from param_set
),

closes as (
    select * from episode_close
),

exercise_days as (
    select * from log_day where exercised
),

doses as (
    select * from dose
),

windows as (
    select
        u.episode_key,
        u.ep,
        p.target_days_per_week,
        l.first_evaluated_date as window_start,
        least(u.extract_date, coalesce(c.close_date, u.extract_date), l.first_evaluated_date + 83, u.part_end - 1) as window_end
    from parts as u
    join levels as l on l.episode_key = u.episode_key
    join parameters as p on p.ps = u.ps
    left join closes as c on c.ep = u.ep
    where l.first_evaluated_date is not null
),

sized as (
    select
        *,
        date_diff('day', window_start, window_end) + 1 as n_days,
        (date_diff('day', window_start, window_end) + 1) // 7 as n_weeks
    from windows
    where window_end >= window_start
),

weeks as (
    select
        w.episode_key,
        date_diff('day', w.window_start, d.day) // 7 as week,
        count(*) as n_log_days
    from sized as w
    join exercise_days as d on d.ep = w.ep and d.day between w.window_start and w.window_end
    group by w.episode_key, date_diff('day', w.window_start, d.day) // 7
),

weekly as (
    select
        w.episode_key,
        sum(k.n_log_days) as n_log_days,
        -- whole days are added and divided once: parts of a week, added in any order, would not
        -- give the same sum to the last place
        cast(sum(case when k.week < w.n_weeks then least(w.target_days_per_week, k.n_log_days) else 0 end) as double)
            / nullif(max(w.target_days_per_week), 0) as score_sum
    from sized as w
    join weeks as k on k.episode_key = w.episode_key
    group by w.episode_key
),

fidelity as (
    select
        w.episode_key,
        -- decimals are added exactly, whatever the order of the rows
        cast(sum(cast(d.dose_fraction as decimal(18, 12))) as double) / nullif(count(d.dose_fraction), 0) as dose_fidelity,
        count(d.dose_fraction) as n_assessable,
        count(distinct d.exercise_code) as n_exercises
    from sized as w
    join doses as d on d.ep = w.ep and d.log_date between w.window_start and w.window_end
    group by w.episode_key
)

select
    w.episode_key,
    w.window_start,
    w.window_end,
    w.n_weeks,
    cast(k.n_log_days as bigint) as n_log_days,
    cast(k.n_log_days as double) / nullif(w.n_days, 0) as active_day_rate,
    k.score_sum / nullif(w.n_weeks, 0) as weekly_frequency_score,
    f.dose_fidelity,
    k.score_sum / nullif(w.n_weeks, 0) * f.dose_fidelity as adherence_index,
    f.n_exercises
from sized as w
join weekly as k on k.episode_key = w.episode_key
left join fidelity as f on f.episode_key = w.episode_key
