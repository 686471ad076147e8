-- One row per contact that several rows tell of and that has a sign: of the rows that say yes, the
-- one that makes the sign most certain decides; a row that says no dates nothing.
with rows as (
    select * from stg_contact_row where not alone
),

contacts as (
    select * from stg_contact
),

parts as (
    select * from episode_part
),

parameters as (
    select * from param_set
),

unfolded as (
    select
        ep,
        contact_id,
        unnest([
                'ces_1_saddle',
                'ces_2_wiping',
                'ces_3_urine_start',
                'ces_4_urine_stop',
                'ces_5_void_feeling',
                'ces_6_urine_leak',
                'ces_7_bladder_fullness',
                'ces_8_bowel_control',
                'ces_9_sexual',
                'urg_3_floppy_foot'
            ]) as item,
        unnest([
                ces_1_saddle,
                ces_2_wiping,
                ces_3_urine_start,
                ces_4_urine_stop,
                ces_5_void_feeling,
                ces_6_urine_leak,
                ces_7_bladder_fullness,
                ces_8_bowel_control,
                ces_9_sexual,
                urg_3_floppy_foot
            ]) as answer,
        unnest([
                ces_1_saddle_since,
                ces_2_wiping_since,
                ces_3_urine_start_since,
                ces_4_urine_stop_since,
                ces_5_void_feeling_since,
                ces_6_urine_leak_since,
                ces_7_bladder_fullness_since,
                ces_8_bowel_control_since,
                ces_9_sexual_since,
                urg_3_floppy_foot_since
            ]) as since,
        unnest([
                ces_1_saddle_changed,
                ces_2_wiping_changed,
                ces_3_urine_start_changed,
                ces_4_urine_stop_changed,
                ces_5_void_feeling_changed,
                ces_6_urine_leak_changed,
                ces_7_bladder_fullness_changed,
                ces_8_bowel_control_changed,
                ces_9_sexual_changed,
                urg_3_floppy_foot_changed
            ]) as changed
    from rows
),

marked as (
    select
        *,
        bool_or(answer in ('no', 'conflict')) over (partition by ep, contact_id, item) as denied_too
    from unfolded
),

-- Cauda equina signs count from the first part's onset, the floppy foot from its own part's.
placed as (
    select
        k.contact_key,
        k.contact_date,
        s.item,
        s.since,
        s.changed,
        case when s.item = 'urg_3_floppy_foot' then u.oe else o.oe end as oe,
        case when s.item = 'urg_3_floppy_foot' then u.ol else o.ol end as ol,
        p.sign_timing_policy,
        case when s.item in ('ces_6_urine_leak', 'ces_9_sexual') then p.ces_recent_days end as recent_days,
        s.item <> 'urg_3_floppy_foot' or contains(p.urg_timing_items, '|urg_3_floppy_foot|') as timed
    from marked as s
    join contacts as k on k.ep = s.ep and k.contact_id = s.contact_id
    join parts as u on u.ep = k.ep and k.contact_date >= u.part_start and k.contact_date < u.part_end
    join parts as o on o.ep = k.ep and o.part = 1
    join parameters as p on p.ps = u.ps
    where s.answer in ('yes', 'conflict') and (p.conflict_is_yes or s.denied_too is not true)
),

judged as (
    select
        *,
        case when timed
            then sign_state(true, changed, since, contact_date, oe, ol, sign_timing_policy, recent_days)
            else 'yes' end as state,
        timed and sign_timing_policy <> 'ignore_timing' and coalesce(changed, '') <> 'yes'
            and coalesce(since > contact_date, false) as since_after
    from placed
),

decided as (
    select
        contact_key,
        item,
        max(case state
            when 'yes' then '7yes' when 'assumed' then '6assumed'
            when 'unconfirmed' then '5unconfirmed' when 'perhaps_not_recent' then '4perhaps_not_recent'
            when 'untimed' then '3untimed' when 'predates' then '2predates' else '1not_recent'
        end) as ranked_state,
        min(since) filter (where since <= contact_date and since >= coalesce(oe, since)) as began,
        bool_or(since_after) as since_after
    from judged
    group by contact_key, item
)

select
    contact_key,
    max(case when item = 'ces_1_saddle' then substr(ranked_state, 2) end) as ces_1_saddle_told,
    max(case when item = 'ces_2_wiping' then substr(ranked_state, 2) end) as ces_2_wiping_told,
    max(case when item = 'ces_3_urine_start' then substr(ranked_state, 2) end) as ces_3_urine_start_told,
    max(case when item = 'ces_4_urine_stop' then substr(ranked_state, 2) end) as ces_4_urine_stop_told,
    max(case when item = 'ces_5_void_feeling' then substr(ranked_state, 2) end) as ces_5_void_feeling_told,
    max(case when item = 'ces_6_urine_leak' then substr(ranked_state, 2) end) as ces_6_urine_leak_told,
    max(case when item = 'ces_7_bladder_fullness' then substr(ranked_state, 2) end) as ces_7_bladder_fullness_told,
    max(case when item = 'ces_8_bowel_control' then substr(ranked_state, 2) end) as ces_8_bowel_control_told,
    max(case when item = 'ces_9_sexual' then substr(ranked_state, 2) end) as ces_9_sexual_told,
    max(case when item = 'urg_3_floppy_foot' then substr(ranked_state, 2) end) as urg_3_floppy_foot_told,
    max(case when item = 'ces_1_saddle' then began end) as ces_1_saddle_began,
    max(case when item = 'ces_2_wiping' then began end) as ces_2_wiping_began,
    max(case when item = 'ces_3_urine_start' then began end) as ces_3_urine_start_began,
    max(case when item = 'ces_4_urine_stop' then began end) as ces_4_urine_stop_began,
    max(case when item = 'ces_5_void_feeling' then began end) as ces_5_void_feeling_began,
    max(case when item = 'ces_6_urine_leak' then began end) as ces_6_urine_leak_began,
    max(case when item = 'ces_7_bladder_fullness' then began end) as ces_7_bladder_fullness_began,
    max(case when item = 'ces_8_bowel_control' then began end) as ces_8_bowel_control_began,
    max(case when item = 'ces_9_sexual' then began end) as ces_9_sexual_began,
    max(case when item = 'urg_3_floppy_foot' then began end) as urg_3_floppy_foot_began,
    bool_or(since_after) as since_after
from decided
group by contact_key
