-- Actions on record (referral, advice, appointment), by whether the rules called for them.
select
    episode_key,
    referral_id as detail,
    referral_date as clock_date,
    @dims,
    extract_date >= last_day(referral_date) as mature,
    kind <> 'gp_source' and coalesce(destination_rank >= 1, false) as triage_referral,
    destination in ('MRI', 'INJECTION', 'SURGERY') as route,
    case when result not in ('JUSTIFIED', 'PERMITTED', 'OVER') then result end as reason_over,
    case when result not in ('PASS', 'FAIL') then result end as reason_route,
    destination,
    result = 'OVER' as over,
    result = 'PASS' as fits
from referral
