-- Contacts booked after triage by whether the person came; whoever misses triage itself has no
-- episode yet. Cancelled ones are left out, as published rates do.
select
    episode_key,
    contact_key::varchar as detail,
    contact_date as clock_date,
    @dims,
    extract_date >= last_day(contact_date) as mature,
    case
        when attendance in ('2', '4', 'cancelled') then 'CANCELLED'
        when attendance is null or attendance = '0' then 'ATTENDANCE_NOT_RECORDED'
    end as reason,
    case
        when attendance is null or attendance = '0' then 'ATTENDANCE_NOT_RECORDED'
    end as reason_cancelled,
    contact_type,
    attendance in ('3', '7', 'did_not_attend') as hit,
    attendance in ('2', '4', 'cancelled') as cancelled
from contact
where contact_date <= extract_date
    and contact_type in ('review', 'phone', 'appointment')
