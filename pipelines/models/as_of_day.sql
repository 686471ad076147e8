-- One row per episode part and day on which something was seen, with what was known by then:
-- the latest scores, any improvement so far, exercise days, what the person said.
with parts as (
    select * from episode_part
),

contact_days as (
    select u.episode_key, d.*
    from contact_day as d
    join parts as u on u.ep = d.ep and d.day >= u.part_start and d.day < u.part_end
),

log_days as (
    select u.episode_key, d.day
    from log_day as d
    join parts as u on u.ep = d.ep and d.day >= u.part_start and d.day < u.part_end
    where d.exercised
),

scores as (
    select * from score
),

-- Scores of contacts alone, for worsening.
contact_scores as (
    select
        episode_key,
        score_date,
        score,
        first_value(score) over series as first_score,
        row_number() over series - 1 as n_follow_ups,
        lag(score) over series as earlier_score
    from scores
    where origin = 'contact'
    window series as (partition by episode_key order by score_date)
),

happened as (
    select episode_key, day from contact_days
    union
    select episode_key, day from log_days
    union
    select episode_key, score_date from scores
),

seen as (
    select
        h.episode_key,
        h.day,
        s.score_date,
        s.score,
        s.origin,
        s.some_fall,
        s.is_baseline,
        -- A diary's fall is evidence only when the score before it, at most 28 days back, fell too.
        case
            when s.is_baseline or s.score_date is null then false
            when s.origin = 'contact' or s.some_fall is not true then true
            else coalesce(s.previous_some_fall and date_diff('day', s.previous_date, s.score_date) <= 28, false)
        end as usable,
        case
            when s.is_baseline then null
            else coalesce(s.origin = 'contact' and s.some_fall, false)
                or coalesce(s.previous_origin = 'diary' and s.previous_some_fall and s.some_fall
                    and date_diff('day', s.previous_date, s.score_date) <= 28, false)
        end as fall_shown,
        c.score_date as contact_score_date,
        c.score as contact_score,
        c.first_score,
        c.n_follow_ups,
        c.earlier_score,
        k.msk_hq,
        case when k.msk_hq is not null then k.day end as msk_hq_date,
        k.pgic,
        case when k.pgic is not null then k.day end as pgic_date,
        coalesce(k.said_tried, false) as said_tried,
        coalesce(k.said_not_tried, false) as said_not_tried,
        k.said_improving,
        k.nprs_leg,
        case when k.nprs_leg is not null then k.day end as leg_date,
        case when l.day is not null then l.day end as log_date
    from happened as h
    left join scores as s on s.episode_key = h.episode_key and s.score_date = h.day
    left join contact_scores as c on c.episode_key = h.episode_key and c.score_date = h.day
    left join contact_days as k on k.episode_key = h.episode_key and k.day = h.day
    left join log_days as l on l.episode_key = h.episode_key and l.day = h.day
)

select
    episode_key,
    day,
    last_value(case when usable then score_date end ignore nulls) over so_far as last_score_date,
    last_value(case when usable then score end ignore nulls) over so_far as last_score,
    last_value(case when usable then coalesce(cast(some_fall as integer), -1) end ignore nulls) over so_far as last_fall,
    last_value(score_date ignore nulls) over so_far as last_scored_date,
    last_value(score ignore nulls) over so_far as last_scored,
    last_value(nprs_leg ignore nulls) over so_far as last_leg,
    max(leg_date) over so_far as last_leg_date,
    bool_or(fall_shown) over so_far as any_fall,
    last_value(contact_score_date ignore nulls) over so_far as last_contact_score_date,
    last_value(contact_score ignore nulls) over so_far as last_contact_score,
    last_value(case when contact_score is not null then coalesce(earlier_score, -1) end ignore nulls) over so_far as earlier_contact_score,
    max(first_score) over so_far as first_contact_score,
    max(n_follow_ups) over so_far as n_follow_ups,
    first_value(msk_hq ignore nulls) over so_far as first_msk_hq,
    min(msk_hq_date) over so_far as first_msk_hq_date,
    last_value(msk_hq ignore nulls) over so_far as last_msk_hq,
    max(msk_hq) over so_far as best_msk_hq,
    max(msk_hq_date) over so_far as last_msk_hq_date,
    last_value(pgic ignore nulls) over so_far as last_pgic,
    max(pgic_date) over so_far as last_pgic_date,
    min(pgic) over so_far as best_pgic,
    bool_or(said_tried) over so_far as ever_tried,
    bool_or(said_not_tried) over so_far as ever_not_tried,
    bool_or(said_improving) over so_far as ever_improving,
    last_value(said_improving ignore nulls) over so_far as last_improving,
    count(log_date) over so_far as n_log_days,
    min(log_date) over so_far as first_log_date,
    max(log_date) over so_far as last_log_date
from seen
window so_far as (
    partition by episode_key order by day rows between unbounded preceding and current row
)
