-- One row per episode and data-quality flag, with how many rows raised it.
with flagged as (
    select k.ep, r.flags
    from contact_result as r
    join stg_contact as k on k.contact_key = r.contact_key
    union all
    -- What is not evaluated has no timing to doubt, but its cells can be wrong all the same.
    select ep, cell_flags from contact where not evaluated
),

contact_flags as (
    select g.ep, trim(f.flag) as flag, count(*) as n
    from flagged as g
    cross join unnest(string_split(g.flags, ',')) as f(flag)
    where f.flag <> ''
    group by g.ep, trim(f.flag)
),

onset_flags as (
    select o.ep, trim(f.flag) as flag, 1 as n
    from episode_onset as o
    cross join unnest(string_split(o.onset_flags, ',')) as f(flag)
    where f.flag <> ''
),

cleaned as (
    select ep, 'dup_contact_removed' as flag, count(*) as n from stg_contact where repeated group by ep
    union all
    select ep, 'contact_id_conflict', count(*) from stg_contact where id_conflict group by ep
    union all
    select ep, 'nprs_out_of_range', count(*) from stg_log
    where not is_future and not before_onset
        and (nprs_today not between 0 and 10 or contains(coalesce(cell_issues, ''), 'nprs_today'))
    group by ep
    union all
    select ep, 'future_contact_excluded', count(*) from stg_triage where contact_date > extract_date group by ep
    union all
    select ep, 'log_future_excluded', count(*) from stg_log where is_future group by ep
    union all
    select ep, 'log_before_onset_excluded', count(*) from stg_log where before_onset and not is_future group by ep
    union all
    select ep, 'unknown_exercise_code', count(*) from stg_log
    where not is_future and not before_onset and contains(coalesce(cell_issues, ''), 'exercise_code')
    group by ep
    union all
    select e.ep, 'future_referral_excluded', count(*)
    from referral_current as r
    join stg_episode as e on e.source = r.source and e.episode_id = r.episode_id
    where r.referral_date > e.extract_date
    group by e.ep
)

select ep, flag, cast(sum(n) as bigint) as n
from (
    select * from contact_flags
    union all
    select * from onset_flags
    union all
    select * from cleaned
) as flags
group by ep, flag
