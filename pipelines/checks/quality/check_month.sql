-- Per service and month: evaluated contacts, and how many of their safety questions stand unanswered.
with evaluated as (
    select
        e.source,
        cast(date_trunc('month', k.contact_date) as date) as month,
        coalesce(
            cast(k.ces_1_saddle not in ('yes', 'no') as integer) +
            cast(k.ces_2_wiping not in ('yes', 'no') as integer) +
            cast(k.ces_3_urine_start not in ('yes', 'no') as integer) +
            cast(k.ces_4_urine_stop not in ('yes', 'no') as integer) +
            cast(k.ces_5_void_feeling not in ('yes', 'no') as integer) +
            cast(k.ces_6_urine_leak not in ('yes', 'no') as integer) +
            cast(k.ces_7_bladder_fullness not in ('yes', 'no') as integer) +
            cast(k.ces_8_bowel_control not in ('yes', 'no') as integer) +
            cast(k.ces_9_sexual not in ('yes', 'no') as integer) +
            cast(k.urg_1_weak_trip not in ('yes', 'no') as integer) +
            cast(k.urg_2_gait not in ('yes', 'no') as integer) +
            cast(k.urg_3_floppy_foot not in ('yes', 'no') as integer) +
            cast(k.gp_1_cancer not in ('yes', 'no') as integer) +
            cast(k.gp_2_unwell not in ('yes', 'no') as integer) +
            cast(k.gp_3_weight_loss not in ('yes', 'no') as integer),
            15
        ) as unanswered
    from stg_contact as k
    join contact_result as r on r.contact_key = k.contact_key
    join stg_episode as e on e.ep = k.ep
    where r.evaluated
)

select source, month, count(*) as n_contacts, cast(sum(unanswered) as bigint) as n_unanswered, 15 * count(*) as n_asked
from evaluated
group by source, month
order by source, month
