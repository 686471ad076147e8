-- Contacts with a safety question that was answered yes and no.
select e.source, 'contacts' as part, count(*) filter (where 'conflict' in (
        c.ces_1_saddle, c.ces_2_wiping, c.ces_3_urine_start, c.ces_4_urine_stop, c.ces_5_void_feeling, c.ces_6_urine_leak,
        c.ces_7_bladder_fullness, c.ces_8_bowel_control, c.ces_9_sexual, c.urg_1_weak_trip, c.urg_2_gait, c.urg_3_floppy_foot,
        c.gp_1_cancer, c.gp_2_unwell, c.gp_3_weight_loss)) as n_wrong, count(*) as n_rows
from stg_contact as c
join stg_episode as e on e.ep = c.ep
group by e.source
