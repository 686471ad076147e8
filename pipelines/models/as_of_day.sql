-- One row per episode part and day that is asked about (a contact, a referral whose fit is judged),
-- with what was known by then: the latest scores, any improvement so far, exercise days, what the
-- person said. A day before anything was seen has none.
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

actions as (
    select * from referral_all where destination in ('MRI', 'INJECTION', 'SURGERY')
),

asked as (
    select episode_key, day from contact_days
    union
    select episode_key, referral_date from actions
),

-- The days after the one asked about before, up to this one: what was seen on them is added up
-- once, however many diary days there are, and then only days asked about are looked at.
stretches as (
    select
        episode_key,
        day,
        lag(day) over (partition by episode_key order by day) as day_before
    from asked
),

logs_seen as (
    select
        a.episode_key,
        a.day,
        count(*) as n_log_days,
        min(d.day) as first_log_date,
        max(d.day) as last_log_date
    from stretches as a
    join log_days as d on d.episode_key = a.episode_key
        and d.day <= a.day and (a.day_before is null or d.day > a.day_before)
    group by a.episode_key, a.day
),

-- Scores of contacts alone, for worsening.
contact_scores as (
    select
        episode_key,
        score_date,
        first_value(score) over series as first_score,
        row_number() over series - 1 as n_follow_ups,
        lag(score) over series as earlier_score
    from scores
    where origin = 'contact'
    window series as (partition by episode_key order by score_date)
),

judged as (
    select
        s.episode_key,
        s.score_date,
        s.score,
        s.origin,
        s.some_fall,
        -- A diary's fall is evidence only when the score before it, at most 28 days back, fell too.
        case
            when s.is_baseline then false
            when s.origin = 'contact' or s.some_fall is not true then true
            else coalesce(s.previous_some_fall and date_diff('day', s.previous_date, s.score_date) <= 28, false)
        end as usable,
        case
            when s.is_baseline then null
            else coalesce(s.origin = 'contact' and s.some_fall, false)
                or coalesce(s.previous_origin = 'diary' and s.previous_some_fall and s.some_fall
                    and date_diff('day', s.previous_date, s.score_date) <= 28, false)
        end as fall_shown,
        c.first_score,
        c.n_follow_ups,
        c.earlier_score
    from scores as s
    left join contact_scores as c on c.episode_key = s.episode_key and c.score_date = s.score_date
),

scores_seen as (
    select
        a.episode_key,
        a.day,
        max(s.score_date) filter (where s.usable) as last_score_date,
        arg_max(s.score, s.score_date) filter (where s.usable) as last_score,
        arg_max(coalesce(cast(s.some_fall as integer), -1), s.score_date) filter (where s.usable) as last_fall,
        max(s.score_date) as last_scored_date,
        arg_max(s.score, s.score_date) as last_scored,
        bool_or(s.fall_shown) as any_fall,
        max(s.score_date) filter (where s.origin = 'contact') as last_contact_score_date,
        arg_max(s.score, s.score_date) filter (where s.origin = 'contact') as last_contact_score,
        arg_max(coalesce(s.earlier_score, -1), s.score_date) filter (where s.origin = 'contact') as earlier_contact_score,
        max(s.first_score) as first_contact_score,
        max(s.n_follow_ups) as n_follow_ups
    from stretches as a
    join judged as s on s.episode_key = a.episode_key
        and s.score_date <= a.day and (a.day_before is null or s.score_date > a.day_before)
    group by a.episode_key, a.day
),

seen as (
    select
        a.episode_key,
        a.day,
        coalesce(k.day, l.last_log_date, s.last_scored_date) as any_day,
        s.last_score_date,
        s.last_score,
        s.last_fall,
        s.last_scored_date,
        s.last_scored,
        s.any_fall,
        s.last_contact_score_date,
        s.last_contact_score,
        s.earlier_contact_score,
        s.first_contact_score,
        s.n_follow_ups,
        k.msk_hq,
        case when k.msk_hq is not null then k.day end as msk_hq_date,
        k.pgic,
        case when k.pgic is not null then k.day end as pgic_date,
        coalesce(k.said_tried, false) as said_tried,
        coalesce(k.said_not_tried, false) as said_not_tried,
        k.said_improving,
        k.nprs_leg,
        case when k.nprs_leg is not null then k.day end as leg_date,
        l.n_log_days,
        l.first_log_date,
        l.last_log_date
    from stretches as a
    left join contact_days as k on k.episode_key = a.episode_key and k.day = a.day
    left join logs_seen as l on l.episode_key = a.episode_key and l.day = a.day
    left join scores_seen as s on s.episode_key = a.episode_key and s.day = a.day
)

select
    episode_key,
    day,
    max(last_score_date) over so_far as last_score_date,
    last_value(last_score ignore nulls) over so_far as last_score,
    last_value(last_fall ignore nulls) over so_far as last_fall,
    max(last_scored_date) over so_far as last_scored_date,
    last_value(last_scored ignore nulls) over so_far as last_scored,
    last_value(nprs_leg ignore nulls) over so_far as last_leg,
    max(leg_date) over so_far as last_leg_date,
    bool_or(any_fall) over so_far as any_fall,
    max(last_contact_score_date) over so_far as last_contact_score_date,
    last_value(last_contact_score ignore nulls) over so_far as last_contact_score,
    last_value(earlier_contact_score ignore nulls) over so_far as earlier_contact_score,
    max(first_contact_score) over so_far as first_contact_score,
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
    coalesce(cast(sum(n_log_days) over so_far as bigint), 0) as n_log_days,
    min(first_log_date) over so_far as first_log_date,
    max(last_log_date) over so_far as last_log_date
from seen
window so_far as (
    partition by episode_key order by day rows between unbounded preceding and current row
)
qualify count(any_day) over so_far > 0
