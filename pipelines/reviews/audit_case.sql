-- What an auditor looks at: triggers without an action in time, and actions beyond the leaflet.
-- Grain: one row per episode part and trigger or action. `place` is the order of safety; `mark`
-- changes when what a reviewer saw of the case changes.
with triggers as (
    select *
    from breach
    where result = 'MISSED' or (result = 'COVERED' and not timely)
),

on_the_day as (
    select
        t.episode_key,
        t.breach_date,
        t.level,
        string_agg(distinct rule.rule_id, ',' order by rule.rule_id) as rules,
        string_agg(distinct rule.title, '; ' order by rule.title) as titles
    from triggers as t
    join contact as c on c.episode_key = t.episode_key and c.contact_date = t.breach_date
    join rule_trace as trace on trace.contact_key = c.contact_key and trace.value
    join rule on rule.rule_id = trace.rule_id and rule.level = t.level
    group by t.episode_key, t.breach_date, t.level
),

seen as (
    select
        t.episode_key,
        t.breach_date,
        max(c.lb) as lb,
        max(c.ub) as ub,
        bool_or(
            c.gp_1_cancer and (c.developed_urg_1_weak_trip or c.developed_urg_2_gait)
        ) as cancer_weak
    from (select distinct episode_key, breach_date from triggers) as t
    join contact as c on c.episode_key = t.episode_key and c.contact_date = t.breach_date
    group by t.episode_key, t.breach_date
),

of_triggers as (
    select
        t.episode_key,
        'trigger' as kind,
        t.breach_date as day,
        level.code as level,
        case when t.result = 'MISSED' then 'MISSED' else 'LATE' end as found,
        t.action_date,
        t.days_to_referral as days,
        t.allowed_days,
        t.possible,
        coalesce(o.rules, '') as rules,
        coalesce(o.titles, '') as titles,
        case
            when t.level = 4 and t.result = 'MISSED' then 1
            when t.level = 4 then 2
            when s.cancer_weak then 3
            when t.level = 3 then 4
            when t.level = 2 then 5
            else 6
        end as place,
        md5(concat_ws(
            '|',
            t.result,
            coalesce(cast(t.action_date as varchar), ''),
            coalesce(cast(t.timely as varchar), ''),
            cast(t.possible as varchar),
            coalesce(o.rules, ''),
            coalesce(cast(s.lb as varchar), ''),
            coalesce(cast(s.ub as varchar), '')
        )) as mark
    from triggers as t
    join level on level.level = t.level
    left join on_the_day as o
        on o.episode_key = t.episode_key and o.breach_date = t.breach_date and o.level = t.level
    left join seen as s on s.episode_key = t.episode_key and s.breach_date = t.breach_date
),

-- Of several actions of a day to one place, a case is one: it is reviewed once.
of_actions as (
    select
        r.episode_key,
        'beyond' as kind,
        r.referral_date as day,
        coalesce(level.code, r.destination) as level,
        'OVER' as found,
        cast(null as date) as action_date,
        cast(null as integer) as days,
        cast(null as integer) as allowed_days,
        false as possible,
        '' as rules,
        '' as titles,
        7 as place,
        md5(string_agg(
            concat_ws('|', coalesce(r.kind, ''), coalesce(r.reasons, ''), coalesce(r.soft, '')),
            ',' order by r.kind, r.reasons, r.soft
        )) as mark
    from referral as r
    left join level on level.code = r.destination
    where r.result = 'OVER'
    group by r.episode_key, r.referral_date, coalesce(level.code, r.destination)
),

everything as (
    select * from of_triggers
    union all
    select * from of_actions
)

select
    c.*,
    concat_ws(
        '|', e.source, e.base_episode_id, c.kind, cast(c.day as varchar), c.level
    ) as case_key,
    e.episode_id,
    e.source,
    e.site_id,
    e.age_band,
    e.sex,
    e.ethnic_group,
    e.imd_quintile,
    e.phenotype,
    e.entry_cohort,
    e.extract_date
from everything as c
join episode as e on e.episode_key = c.episode_key
order by c.place, c.day, c.episode_key
