-- One row per day and level that asks for an action: the confirmed level rises, or a red flag is new
-- at a level that was reached already.
with days as (
    select * from day_level
),

facts as (
    select * from contact_fact where evaluated
),

risen as (
    select
        episode_key,
        day,
        lb,
        coalesce(max(lb) over (
            partition by episode_key order by day rows between unbounded preceding and 1 preceding
        ), 0) as lb_before
    from days
),

rises as (
    select episode_key, day, lb as level from risen where lb > lb_before
),

-- The first day of each sign, by level.
sign_days as (
    select episode_key, level, sign, min(day) as day
    from (
        select
            episode_key,
            contact_date as day,
            unnest([4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3]) as level,
            unnest([
                case when developed_ces_1_saddle then 'ces_1_saddle' end,
                case when developed_ces_2_wiping then 'ces_2_wiping' end,
                case when developed_ces_3_urine_start then 'ces_3_urine_start' end,
                case when developed_ces_4_urine_stop then 'ces_4_urine_stop' end,
                case when developed_ces_5_void_feeling then 'ces_5_void_feeling' end,
                case when developed_ces_6_urine_leak then 'ces_6_urine_leak' end,
                case when developed_ces_7_bladder_fullness then 'ces_7_bladder_fullness' end,
                case when developed_ces_8_bowel_control then 'ces_8_bowel_control' end,
                case when developed_ces_9_sexual then 'ces_9_sexual' end,
                case when developed_urg_1_weak_trip then 'urg_1_weak_trip' end,
                case when developed_urg_2_gait then 'urg_2_gait' end,
                case when developed_urg_3_floppy_foot then 'urg_3_floppy_foot' end
            ]) as sign
        from facts
    ) as signs
    where sign is not null
    group by episode_key, level, sign
),

-- A sign that was not there before, at a level that the episode had reached already.
new_flags as (
    select distinct c.episode_key, c.day, c.level
    from sign_days as c
    join risen as r on r.episode_key = c.episode_key and r.day = c.day
    where c.level <= r.lb_before
)

select episode_key, day, level, false as new_flag from rises
union all
select episode_key, day, level, true from new_flags
