-- One row per episode part and day asked about, where the parameter asks for it: were the exercises
-- kept up by then, at 80 % of the amount and frequency over at least four complete weeks?
with parts as (
    select u.*, p.target_days_per_week
    from episode_part as u
    join param_set as p on p.ps = u.ps
    where p.tried_def = 'dose_adherent'
),

contacts as (
    select * from contact
),

actions as (
    select * from referral_all
),

exercise_days as (
    select * from log_day where exercised
),

doses as (
    select * from dose
),

starts as (
    select episode_key, min(contact_date) as window_start
    from contacts
    where evaluated
    group by episode_key
),

asked as (
    select episode_key, contact_date as day from contacts
    union
    select episode_key, referral_date from actions
),

windows as (
    select
        u.episode_key,
        u.ep,
        u.part_start,
        u.target_days_per_week,
        a.day,
        s.window_start,
        least(a.day, s.window_start + 83) as window_end,
        (date_diff('day', s.window_start, least(a.day, s.window_start + 83)) + 1) // 7 as n_weeks
    from parts as u
    join starts as s on s.episode_key = u.episode_key
    join asked as a on a.episode_key = u.episode_key and a.day >= s.window_start
),

weeks as (
    select
        w.episode_key,
        w.day,
        w.n_weeks,
        w.target_days_per_week,
        date_diff('day', w.window_start, d.day) // 7 as week,
        count(*) as n_days
    from windows as w
    join exercise_days as d on d.ep = w.ep and d.day between w.window_start and w.window_end
    group by all
),

frequency as (
    select
        episode_key,
        day,
        cast(sum(least(target_days_per_week, n_days)) as double)
            / nullif(max(target_days_per_week) * max(n_weeks), 0) as score
    from weeks
    where week < n_weeks
    group by episode_key, day
),

fidelity as (
    select
        w.episode_key,
        w.day,
        cast(sum(cast(d.dose_fraction as decimal(18, 12))) as double) / nullif(count(d.dose_fraction), 0) as score
    from windows as w
    join doses as d on d.ep = w.ep and d.log_date between w.window_start and w.window_end
    group by w.episode_key, w.day
)

select
    w.episode_key,
    w.day,
    -- The small margin keeps 0.8 itself inside, whatever the last place of the division.
    coalesce(w.n_weeks >= 4 and f.score * d.score >= cast(0.799999999 as double), false) as adherent
from windows as w
left join frequency as f on f.episode_key = w.episode_key and f.day = w.day
left join fidelity as d on d.episode_key = w.episode_key and d.day = w.day
