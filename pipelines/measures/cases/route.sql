-- MRI, injection and surgery referrals by what the check against the leaflet found.
select
    episode_key,
    referral_id || ' ' || destination as detail,
    referral_date as clock_date,
    @dims,
    extract_date >= last_day(referral_date) as mature,
    null::varchar as reason,
    destination,
    result,
    true as counted
from referral
where destination in ('MRI', 'INJECTION', 'SURGERY')
