-- Every contact's facts as they are, and once more with open questions back-filled: a question
-- that was next answered no, soon enough, counts as no for the episode's upper bound. A part with one
-- evaluated contact has no next answer, so its facts stand once.
with facts as (
    select * from contact_fact
),

parameters as (
    select * from param_set
),

several as (
    select episode_key
    from contact_fact
    where evaluated
    group by episode_key
    having count(*) > 1
),

asked as (
    select f.*
    from contact_fact as f
    join several as s on s.episode_key = f.episode_key
    where f.evaluated
),

item_days as (
    select
        episode_key,
        contact_date as day,
        bool_or(ces_1_saddle) as ces_1_saddle,
        bool_or(ces_2_wiping) as ces_2_wiping,
        bool_or(ces_3_urine_start) as ces_3_urine_start,
        bool_or(ces_4_urine_stop) as ces_4_urine_stop,
        bool_or(ces_5_void_feeling) as ces_5_void_feeling,
        bool_or(ces_6_urine_leak) as ces_6_urine_leak,
        bool_or(ces_7_bladder_fullness) as ces_7_bladder_fullness,
        bool_or(ces_8_bowel_control) as ces_8_bowel_control,
        bool_or(ces_9_sexual) as ces_9_sexual,
        bool_or(urg_1_weak_trip) as urg_1_weak_trip,
        bool_or(urg_2_gait) as urg_2_gait,
        bool_or(urg_3_floppy_foot) as urg_3_floppy_foot,
        bool_or(gp_1_cancer_here) as gp_1_cancer,
        bool_or(gp_2_unwell) as gp_2_unwell,
        bool_or(gp_3_weight_loss) as gp_3_weight_loss
    from asked
    group by episode_key, contact_date
),

next_answer as (
    select
        episode_key,
        day,
        first_value(ces_1_saddle ignore nulls) over onward as ces_1_saddle_next,
        first_value(ces_2_wiping ignore nulls) over onward as ces_2_wiping_next,
        first_value(ces_3_urine_start ignore nulls) over onward as ces_3_urine_start_next,
        first_value(ces_4_urine_stop ignore nulls) over onward as ces_4_urine_stop_next,
        first_value(ces_5_void_feeling ignore nulls) over onward as ces_5_void_feeling_next,
        first_value(ces_6_urine_leak ignore nulls) over onward as ces_6_urine_leak_next,
        first_value(ces_7_bladder_fullness ignore nulls) over onward as ces_7_bladder_fullness_next,
        first_value(ces_8_bowel_control ignore nulls) over onward as ces_8_bowel_control_next,
        first_value(ces_9_sexual ignore nulls) over onward as ces_9_sexual_next,
        first_value(urg_1_weak_trip ignore nulls) over onward as urg_1_weak_trip_next,
        first_value(urg_2_gait ignore nulls) over onward as urg_2_gait_next,
        first_value(urg_3_floppy_foot ignore nulls) over onward as urg_3_floppy_foot_next,
        first_value(gp_1_cancer ignore nulls) over onward as gp_1_cancer_next,
        first_value(gp_2_unwell ignore nulls) over onward as gp_2_unwell_next,
        first_value(gp_3_weight_loss ignore nulls) over onward as gp_3_weight_loss_next,
        min(case when ces_1_saddle is not null then day end) over onward as ces_1_saddle_date,
        min(case when ces_2_wiping is not null then day end) over onward as ces_2_wiping_date,
        min(case when ces_3_urine_start is not null then day end) over onward as ces_3_urine_start_date,
        min(case when ces_4_urine_stop is not null then day end) over onward as ces_4_urine_stop_date,
        min(case when ces_5_void_feeling is not null then day end) over onward as ces_5_void_feeling_date,
        min(case when ces_6_urine_leak is not null then day end) over onward as ces_6_urine_leak_date,
        min(case when ces_7_bladder_fullness is not null then day end) over onward as ces_7_bladder_fullness_date,
        min(case when ces_8_bowel_control is not null then day end) over onward as ces_8_bowel_control_date,
        min(case when ces_9_sexual is not null then day end) over onward as ces_9_sexual_date,
        min(case when urg_1_weak_trip is not null then day end) over onward as urg_1_weak_trip_date,
        min(case when urg_2_gait is not null then day end) over onward as urg_2_gait_date,
        min(case when urg_3_floppy_foot is not null then day end) over onward as urg_3_floppy_foot_date,
        min(case when gp_1_cancer is not null then day end) over onward as gp_1_cancer_date,
        min(case when gp_2_unwell is not null then day end) over onward as gp_2_unwell_date,
        min(case when gp_3_weight_loss is not null then day end) over onward as gp_3_weight_loss_date
    from item_days
    window onward as (
        partition by episode_key order by day rows between current row and unbounded following
    )
),

back_filled as (
    select
        f.* replace (
            case when f.ces_1_saddle is null and date_diff('day', n.day, n.ces_1_saddle_date) <= p.backfill_no_days and n.ces_1_saddle_next is false then false else f.ces_1_saddle end as ces_1_saddle,
            case when f.ces_2_wiping is null and date_diff('day', n.day, n.ces_2_wiping_date) <= p.backfill_no_days and n.ces_2_wiping_next is false then false else f.ces_2_wiping end as ces_2_wiping,
            case when f.ces_3_urine_start is null and date_diff('day', n.day, n.ces_3_urine_start_date) <= p.backfill_no_days and n.ces_3_urine_start_next is false then false else f.ces_3_urine_start end as ces_3_urine_start,
            case when f.ces_4_urine_stop is null and date_diff('day', n.day, n.ces_4_urine_stop_date) <= p.backfill_no_days and n.ces_4_urine_stop_next is false then false else f.ces_4_urine_stop end as ces_4_urine_stop,
            case when f.ces_5_void_feeling is null and date_diff('day', n.day, n.ces_5_void_feeling_date) <= p.backfill_no_days and n.ces_5_void_feeling_next is false then false else f.ces_5_void_feeling end as ces_5_void_feeling,
            case when f.ces_6_urine_leak is null and date_diff('day', n.day, n.ces_6_urine_leak_date) <= p.backfill_no_days and n.ces_6_urine_leak_next is false then false else f.ces_6_urine_leak end as ces_6_urine_leak,
            case when f.ces_7_bladder_fullness is null and date_diff('day', n.day, n.ces_7_bladder_fullness_date) <= p.backfill_no_days and n.ces_7_bladder_fullness_next is false then false else f.ces_7_bladder_fullness end as ces_7_bladder_fullness,
            case when f.ces_8_bowel_control is null and date_diff('day', n.day, n.ces_8_bowel_control_date) <= p.backfill_no_days and n.ces_8_bowel_control_next is false then false else f.ces_8_bowel_control end as ces_8_bowel_control,
            case when f.ces_9_sexual is null and date_diff('day', n.day, n.ces_9_sexual_date) <= p.backfill_no_days and n.ces_9_sexual_next is false then false else f.ces_9_sexual end as ces_9_sexual,
            case when f.urg_1_weak_trip is null and date_diff('day', n.day, n.urg_1_weak_trip_date) <= p.backfill_no_days and n.urg_1_weak_trip_next is false then false else f.urg_1_weak_trip end as urg_1_weak_trip,
            case when f.urg_2_gait is null and date_diff('day', n.day, n.urg_2_gait_date) <= p.backfill_no_days and n.urg_2_gait_next is false then false else f.urg_2_gait end as urg_2_gait,
            case when f.urg_3_floppy_foot is null and date_diff('day', n.day, n.urg_3_floppy_foot_date) <= p.backfill_no_days and n.urg_3_floppy_foot_next is false then false else f.urg_3_floppy_foot end as urg_3_floppy_foot,
            case when f.gp_1_cancer is null and date_diff('day', n.day, n.gp_1_cancer_date) <= p.backfill_no_days and n.gp_1_cancer_next is false then false else f.gp_1_cancer end as gp_1_cancer,
            case when f.gp_2_unwell is null and date_diff('day', n.day, n.gp_2_unwell_date) <= p.backfill_no_days and n.gp_2_unwell_next is false then false else f.gp_2_unwell end as gp_2_unwell,
            case when f.gp_3_weight_loss is null and date_diff('day', n.day, n.gp_3_weight_loss_date) <= p.backfill_no_days and n.gp_3_weight_loss_next is false then false else f.gp_3_weight_loss end as gp_3_weight_loss,
            case when f.developed_ces_1_saddle is null and f.ces_1_saddle is null and date_diff('day', n.day, n.ces_1_saddle_date) <= p.backfill_no_days and n.ces_1_saddle_next is false then false else f.developed_ces_1_saddle end as developed_ces_1_saddle,
            case when f.developed_ces_2_wiping is null and f.ces_2_wiping is null and date_diff('day', n.day, n.ces_2_wiping_date) <= p.backfill_no_days and n.ces_2_wiping_next is false then false else f.developed_ces_2_wiping end as developed_ces_2_wiping,
            case when f.developed_ces_3_urine_start is null and f.ces_3_urine_start is null and date_diff('day', n.day, n.ces_3_urine_start_date) <= p.backfill_no_days and n.ces_3_urine_start_next is false then false else f.developed_ces_3_urine_start end as developed_ces_3_urine_start,
            case when f.developed_ces_4_urine_stop is null and f.ces_4_urine_stop is null and date_diff('day', n.day, n.ces_4_urine_stop_date) <= p.backfill_no_days and n.ces_4_urine_stop_next is false then false else f.developed_ces_4_urine_stop end as developed_ces_4_urine_stop,
            case when f.developed_ces_5_void_feeling is null and f.ces_5_void_feeling is null and date_diff('day', n.day, n.ces_5_void_feeling_date) <= p.backfill_no_days and n.ces_5_void_feeling_next is false then false else f.developed_ces_5_void_feeling end as developed_ces_5_void_feeling,
            case when f.developed_ces_6_urine_leak is null and f.ces_6_urine_leak is null and date_diff('day', n.day, n.ces_6_urine_leak_date) <= p.backfill_no_days and n.ces_6_urine_leak_next is false then false else f.developed_ces_6_urine_leak end as developed_ces_6_urine_leak,
            case when f.developed_ces_7_bladder_fullness is null and f.ces_7_bladder_fullness is null and date_diff('day', n.day, n.ces_7_bladder_fullness_date) <= p.backfill_no_days and n.ces_7_bladder_fullness_next is false then false else f.developed_ces_7_bladder_fullness end as developed_ces_7_bladder_fullness,
            case when f.developed_ces_8_bowel_control is null and f.ces_8_bowel_control is null and date_diff('day', n.day, n.ces_8_bowel_control_date) <= p.backfill_no_days and n.ces_8_bowel_control_next is false then false else f.developed_ces_8_bowel_control end as developed_ces_8_bowel_control,
            case when f.developed_ces_9_sexual is null and f.ces_9_sexual is null and date_diff('day', n.day, n.ces_9_sexual_date) <= p.backfill_no_days and n.ces_9_sexual_next is false then false else f.developed_ces_9_sexual end as developed_ces_9_sexual,
            case when f.developed_urg_1_weak_trip is null and f.urg_1_weak_trip is null and date_diff('day', n.day, n.urg_1_weak_trip_date) <= p.backfill_no_days and n.urg_1_weak_trip_next is false then false else f.developed_urg_1_weak_trip end as developed_urg_1_weak_trip,
            case when f.developed_urg_2_gait is null and f.urg_2_gait is null and date_diff('day', n.day, n.urg_2_gait_date) <= p.backfill_no_days and n.urg_2_gait_next is false then false else f.developed_urg_2_gait end as developed_urg_2_gait,
            case when f.developed_urg_3_floppy_foot is null and f.urg_3_floppy_foot is null and date_diff('day', n.day, n.urg_3_floppy_foot_date) <= p.backfill_no_days and n.urg_3_floppy_foot_next is false then false else f.developed_urg_3_floppy_foot end as developed_urg_3_floppy_foot
        )
    from contact_fact as f
    join next_answer as n on n.episode_key = f.episode_key and n.day = f.contact_date
    join parameters as p on p.ps = f.ps
    where f.evaluated
        and (f.ces_1_saddle is null or f.ces_2_wiping is null or f.ces_3_urine_start is null or f.ces_4_urine_stop is null or f.ces_5_void_feeling is null or f.ces_6_urine_leak is null or f.ces_7_bladder_fullness is null or f.ces_8_bowel_control is null or f.ces_9_sexual is null or f.urg_1_weak_trip is null or f.urg_2_gait is null or f.urg_3_floppy_foot is null or f.gp_1_cancer is null or f.gp_2_unwell is null or f.gp_3_weight_loss is null)
)

select *, false as filled from facts
union all
select *, true as filled from back_filled
