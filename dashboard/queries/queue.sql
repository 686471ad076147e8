-- What an auditor looks at, in the order of safety: triggers without an action in time, then
-- actions beyond the leaflet. Grain: one row per trigger or action. The oldest first within a place.
-- $found: MISSED, LATE, OVER (empty: all); $levels: level codes; $rules: rule ids; $certain:
-- 'confirmed', 'possible' or ''.
with triggers as (
    select * from breach
    where
        @selected(breach_date)
        and (result = 'MISSED' or (result = 'COVERED' and not timely))
),

fired as (
    select
        t.episode_key,
        t.breach_date,
        t.level,
        list(distinct rule.rule_id order by rule.rule_id) as rules,
        list(distinct rule.title order by rule.title) as titles
    from triggers as t
    join contact as c on c.episode_key = t.episode_key and c.contact_date = t.breach_date
    join rule_trace as trace on trace.contact_key = c.contact_key and trace.value
    join rule on rule.rule_id = trace.rule_id and rule.level = t.level
    group by t.episode_key, t.breach_date, t.level
),

cancer_weak as (
    select distinct c.episode_key, c.contact_date
    from contact as c
    join triggers as t on t.episode_key = c.episode_key and t.breach_date = c.contact_date
    where c.gp_1_cancer and (c.developed_urg_1_weak_trip or c.developed_urg_2_gait)
),

rows_of_triggers as (
    select
        t.episode_key,
        t.site_id,
        t.breach_date as day,
        level.code as level,
        case when t.result = 'MISSED' then 'MISSED' else 'LATE' end as found,
        t.days_to_referral as days,
        t.allowed_days,
        t.possible,
        coalesce(fired.rules, []) as rules,
        coalesce(fired.titles, []) as titles,
        case
            when t.level = 4 and t.result = 'MISSED' then 1
            when t.level = 4 then 2
            when cancer_weak.episode_key is not null then 3
            when t.level = 3 then 4
            when t.level = 2 then 5
            else 6
        end as place
    from triggers as t
    join level on level.level = t.level
    left join fired
        on fired.episode_key = t.episode_key
        and fired.breach_date = t.breach_date
        and fired.level = t.level
    left join cancer_weak
        on cancer_weak.episode_key = t.episode_key and cancer_weak.contact_date = t.breach_date
),

rows_of_actions as (
    select
        episode_key,
        site_id,
        referral_date as day,
        coalesce(level.code, destination) as level,
        'OVER' as found,
        null::integer as days,
        null::integer as allowed_days,
        false as possible,
        []::varchar[] as rules,
        []::varchar[] as titles,
        7 as place
    from referral
    left join level on level.code = referral.destination
    where @selected(referral_date) and result = 'OVER'
),

everything as (
    select * from rows_of_triggers
    union all
    select * from rows_of_actions
),

chosen as (
    select *
    from everything
    where
        (len($found::varchar[]) = 0 or list_contains($found::varchar[], found))
        and (len($levels::varchar[]) = 0 or list_contains($levels::varchar[], level))
        and (len($rules::varchar[]) = 0 or list_has_any($rules::varchar[], rules))
        and ($certain = '' or possible = ($certain = 'possible'))
)

select
    chosen.*,
    episode.episode_id,
    count(*) over () as n_all
from chosen
join episode on episode.episode_key = chosen.episode_key
order by chosen.place, chosen.day, chosen.episode_key
limit $most
