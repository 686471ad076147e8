-- One row per action on record: referrals, advice given, appointments, and a referral in by the GP.
with contacts as (
    select * from stg_contact
),

episodes as (
    select * from stg_episode
),

parts as (
    select * from episode_part
),

from_stream as (
    select * from referral_current
),

recorded as (
    select
        e.ep,
        coalesce(r.referral_id, concat_ws('-', 'row', cast(r.line as varchar))) as referral_id,
        r.referral_date,
        r.destination,
        r.setting,
        'referral' as kind,
        1 as kind_order,
        r.file_id,
        r.line
    from from_stream as r
    join episodes as e on e.source = r.source and e.episode_id = r.episode_id
    where r.destination is not null
    union all
    select ep, contact_id || ':referral', coalesce(referral_date, contact_date), referral_destination, null, 'referral', 1, file_id, line
    from contacts
    where referral_destination is not null
    union all
    select ep, contact_id || ':advice', contact_date, disposition_recorded, null, 'advice', 2, file_id, line
    from contacts
    where disposition_recorded is not null
    union all
    select ep, contact_id || ':appointment', contact_date, 'TIMS', null, 'appointment', 3, file_id, line
    from contacts
    where contact_type = 'appointment' and attended(attendance)
    union all
    select ep, contact_id || ':first_appointment', first_appointment_date, 'TIMS', null, 'appointment', 3, file_id, line
    from contacts
    where first_appointment_date is not null
    union all
    select ep, contact_id || ':gp', contact_date, 'GP', null, 'gp_source', 4, file_id, line
    from contacts
    where referral_source = 'gp'
),

placed as (
    select
        r.*,
        u.episode_key,
        u.extract_date,
        case r.destination
            when 'A_AND_E' then 4 when 'URGENT' then 3 when 'GP' then 2 when 'TIMS' then 1 when 'SELF_MANAGE' then 0
        end as destination_rank
    from recorded as r
    join parts as u on u.ep = r.ep and r.referral_date >= u.part_start and r.referral_date < u.part_end
    where r.referral_date <= u.extract_date
)

select * from placed
qualify row_number() over (
    partition by episode_key, destination, referral_date, kind = 'gp_source'
    order by kind <> 'referral', referral_id, file_id, line
) = 1
