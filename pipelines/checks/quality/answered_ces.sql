-- Evaluated contacts at which one of the nine cauda equina questions was not answered yes or no.
with evaluated as (
    select
        k.contact_key, k.ep,
        k.ces_1_saddle, k.ces_2_wiping, k.ces_3_urine_start, k.ces_4_urine_stop,
        k.ces_5_void_feeling, k.ces_6_urine_leak, k.ces_7_bladder_fullness,
        k.ces_8_bowel_control, k.ces_9_sexual
    from stg_contact as k
    join contact_result as r on r.contact_key = k.contact_key
    where r.evaluated
),

asked as (
    unpivot evaluated
    on ces_1_saddle, ces_2_wiping, ces_3_urine_start, ces_4_urine_stop, ces_5_void_feeling,
    ces_6_urine_leak, ces_7_bladder_fullness, ces_8_bowel_control, ces_9_sexual
    into name item value answer
)

select e.source, a.item as part, count(*) filter (where a.answer not in ('yes', 'no')) as n_wrong, count(*) as n_rows
from asked as a
join stg_episode as e on e.ep = a.ep
group by e.source, a.item
