-- Evaluated contacts by safety question: answered yes or no, or not.
with items as (
    select
        *,
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
            'urg_1_weak_trip',
            'urg_2_gait',
            'urg_3_floppy_foot',
            'gp_1_cancer',
            'gp_2_unwell',
            'gp_3_weight_loss'
        ]) as item,
        unnest([
            ces_1_saddle is not null,
            ces_2_wiping is not null,
            ces_3_urine_start is not null,
            ces_4_urine_stop is not null,
            ces_5_void_feeling is not null,
            ces_6_urine_leak is not null,
            ces_7_bladder_fullness is not null,
            ces_8_bowel_control is not null,
            ces_9_sexual is not null,
            urg_1_weak_trip is not null,
            urg_2_gait is not null,
            urg_3_floppy_foot is not null,
            gp_1_cancer is not null,
            gp_2_unwell is not null,
            gp_3_weight_loss is not null
        ]) as answered
    from contact
    where evaluated
)

select
    episode_key,
    contact_key::varchar as detail,
    contact_date as clock_date,
    @dims,
    extract_date >= last_day(contact_date) as mature,
    null::varchar as reason,
    item,
    answered
from items
