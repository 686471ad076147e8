-- Evaluated contacts at which one of the other questions that a rule reads was not answered yes or no.
with evaluated as (
    select
        k.contact_key, k.ep,
        k.urg_1_weak_trip, k.urg_2_gait, k.urg_3_floppy_foot, k.gp_1_cancer, k.gp_2_unwell,
        k.gp_3_weight_loss, k.help_1_unmanageable, k.help_2_sleep_impact, k.help_3_worsening,
        k.help_tried
    from stg_contact as k
    join contact_result as r on r.contact_key = k.contact_key
    where r.evaluated
),

asked as (
    unpivot evaluated
    on urg_1_weak_trip, urg_2_gait, urg_3_floppy_foot, gp_1_cancer, gp_2_unwell,
    gp_3_weight_loss, help_1_unmanageable, help_2_sleep_impact, help_3_worsening, help_tried
    into name item value answer
)

select e.source, a.item as part, count(*) filter (where a.answer not in ('yes', 'no')) as n_wrong, count(*) as n_rows
from asked as a
join stg_episode as e on e.ep = a.ep
group by e.source, a.item
