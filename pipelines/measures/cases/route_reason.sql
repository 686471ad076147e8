-- Treatment-route referrals outside the leaflet's situations, once for each thing that was missing.
with reasons as (
    select *, unnest(string_split(reasons, ',')) as why
    from referral
    where destination in ('MRI', 'INJECTION', 'SURGERY') and result = 'FAIL'
)

select
    episode_key,
    referral_id || ' ' || destination || ' ' || why as detail,
    referral_date as clock_date,
    @dims,
    extract_date >= last_day(referral_date) as mature,
    null::varchar as reason,
    why,
    true as counted
from reasons
