-- One row per action on record, with what the audit makes of it, its episode's
-- dimensions and its source row.
with audited as (
    select * from referral_audit
),

episodes as (
    select * from episode
)

select
    a.episode_key,
    e.site_id,
    e.age_band,
    e.sex,
    e.ethnic_group,
    e.imd_quintile,
    e.phenotype,
    e.entry_cohort,
    e.extract_date,
    a.referral_id,
    a.referral_date,
    a.destination,
    a.destination_rank,
    a.kind,
    a.setting,
    a.result,
    a.reasons,
    a.soft,
    a.file_id,
    a.line
from audited as a
join episodes as e on e.episode_key = a.episode_key
order by a.episode_key, a.referral_date
