-- Per file that holds now and per check of its rows: how many rows (of unanswered questions: answers)
-- are wrong, of how many that could be. A check without a row to judge has n_rows 0.
with files as (
    select * from landing_file where current and stream <> 'raw'
),

-- Contacts at which the questions are to be asked: no notes, no missed visits.
asked as (
    select *
    from landing_triage
    where contact_type is distinct from 'admin' and coalesce(attendance, '5') in ('5', '6')
),

answers as (
    unpivot (
        select
            file_id,
            ces_1_saddle, ces_2_wiping, ces_3_urine_start, ces_4_urine_stop, ces_5_void_feeling,
            ces_6_urine_leak, ces_7_bladder_fullness, ces_8_bowel_control, ces_9_sexual,
            urg_1_weak_trip, urg_2_gait, urg_3_floppy_foot, gp_1_cancer, gp_2_unwell,
            gp_3_weight_loss, help_1_unmanageable, help_2_sleep_impact, help_3_worsening, help_tried
        from asked
    )
    on columns(* exclude (file_id)) into name item value answer
),

-- What the three streams have in common: a row's day, its key and what its cells came to.
rows as (
    select file_id, row_key, contact_date as day, cell_issues from landing_triage
    union all
    select file_id, row_key, log_date, cell_issues from landing_exercise_log
    union all
    select file_id, row_key, referral_date, cell_issues from landing_referral
),

repeated as (
    select file_id, count(*) as times
    from rows
    where row_key is not null
    group by file_id, row_key
),

episodes as (
    select distinct f.source, t.episode_id
    from landing_triage as t
    join files as f on f.file_id = t.file_id
),

others as (
    select file_id, episode_id from landing_exercise_log
    union all
    select file_id, episode_id from landing_referral
),

found as (
    select file_id, 'codes_known' as check_id, count(*) filter (where contains(cell_issues, ':unmapped')) as n_wrong, count(*) as n_rows
    from rows
    group by file_id
    union all
    select file_id, 'dates_read', count(*) filter (where regexp_matches(cell_issues, ':(invalid_date|date_out_of_range|date_without_day)')), count(*)
    from rows
    group by file_id
    union all
    select file_id, 'scores_in_range', count(*) filter (where contains(cell_issues, ':out_of_range')), count(*)
    from rows
    group by file_id
    union all
    select file_id, 'identifiers_masked', count(*) filter (where contains(cell_issues, ':identifier_like')), count(*)
    from rows
    group by file_id
    union all
    select r.file_id, 'within_extract', count(*) filter (where r.day > f.extract_date), count(*)
    from rows as r
    join files as f on f.file_id = r.file_id
    group by r.file_id
    union all
    select file_id, 'keys_unique', coalesce(sum(case when times > 1 then times end), 0), sum(times)
    from repeated
    group by file_id
    union all
    select o.file_id, 'logs_join', count(*) filter (where e.episode_id is null), count(*)
    from others as o
    join files as f on f.file_id = o.file_id
    left join episodes as e on e.source = f.source and e.episode_id = o.episode_id
    group by o.file_id
    union all
    select file_id, 'answered_ces', count(*) filter (where answer is null or answer not in ('yes', 'no')), count(*)
    from answers
    where starts_with(item, 'ces_')
    group by file_id
    union all
    select file_id, 'answered_other', count(*) filter (where answer is null or answer not in ('yes', 'no')), count(*)
    from answers
    where not starts_with(item, 'ces_')
    group by file_id
    union all
    select file_id, 'no_contradictions', count(*) filter (where answer = 'conflict'), count(*)
    from answers
    group by file_id
    union all
    select file_id, 'onset_present', count(*) filter (where onset_date is null and onset_earliest is null and onset_latest is null), count(*)
    from asked
    group by file_id
    union all
    select file_id, 'onset_before_contact', count(*) filter (where onset_date > contact_date), count(*)
    from landing_triage
    where onset_date is not null
    group by file_id
    union all
    select file_id, 'onset_is_contact_day', count(*) filter (where onset_date = contact_date), count(*)
    from asked
    where onset_date is not null and coalesce(contact_type, 'triage') = 'triage'
    group by file_id
    union all
    select file_id, 'rows_set_aside', quarantined, accepted + quarantined
    from files
    union all
    select file_id, 'rows_as_stated', cast(stated <> data_rows as bigint), cast(stated is not null as bigint)
    from files
)

select f.file_id, f.name, f.source, f.stream, x.check_id, cast(coalesce(x.n_wrong, 0) as bigint) as n_wrong, cast(coalesce(x.n_rows, 0) as bigint) as n_rows
from found as x
join files as f on f.file_id = x.file_id
order by f.sequence, x.check_id
