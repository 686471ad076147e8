-- One row per action on record, with what the audit makes of it and its source row.
with audited as (
    select * from referral_audit
)

select
    episode_key,
    referral_id,
    referral_date,
    destination,
    destination_rank,
    kind,
    setting,
    result,
    reasons,
    soft,
    file_id,
    line
from audited
order by episode_key, referral_date
