-- Evaluated contacts by the warning signs of cauda equina: asked, present, sent to A&E, and what
-- was found there. Each line of the panel has its own denominator.
with sent as (
    select distinct episode_key, referral_date
    from referral
    where destination = 'A_AND_E' and kind in ('referral', 'advice')
),

results as (
    select episode_key, contact_date, ed_outcome
    from contact
    where ed_outcome is not null and ed_outcome <> 'unknown'
),

positive as (
    select episode_key, contact_key, contact_date
    from contact
    where evaluated and ces
),

same_day as (
    select distinct p.contact_key
    from positive as p
    join sent on sent.episode_key = p.episode_key and sent.referral_date = p.contact_date
),

-- Sent to A&E within four weeks of the contact.
later as (
    select distinct p.contact_key
    from positive as p
    join sent on sent.episode_key = p.episode_key
        and sent.referral_date between p.contact_date and p.contact_date + 28
),

found as (
    select p.contact_key, arg_min(r.ed_outcome, r.contact_date) as ed_outcome
    from positive as p
    join results as r on r.episode_key = p.episode_key and r.contact_date >= p.contact_date
    group by p.contact_key
),

joined as (
    select
        c.*,
        e.action_source,
        same_day.contact_key is not null as sent_same_day,
        later.contact_key is not null as sent_to_ae,
        found.ed_outcome as outcome
    from contact as c
    join episode as e on e.episode_key = c.episode_key
    left join same_day on same_day.contact_key = c.contact_key
    left join later on later.contact_key = c.contact_key
    left join found on found.contact_key = c.contact_key
    where c.evaluated
)

select
    episode_key,
    contact_key::varchar as detail,
    contact_date as clock_date,
    @dims,
    extract_date >= last_day(contact_date) + 28 as mature,
    null::varchar as reason,
    ces_1_saddle is not null
        and ces_2_wiping is not null
        and ces_3_urine_start is not null
        and ces_4_urine_stop is not null
        and ces_5_void_feeling is not null
        and ces_6_urine_leak is not null
        and ces_7_bladder_fullness is not null
        and ces_8_bowel_control is not null
        and ces_9_sexual is not null as asked,
    case when ces is null then 'CRITERION_UNKNOWN' end as reason_present,
    ces as present,
    case when not action_source then 'NO_ACTION_SOURCE' end as reason_sent,
    sent_same_day,
    coalesce(ces, false) and sent_to_ae as sent_ae,
    outcome is not null as outcome_known,
    case
        when outcome is null then 'OUTCOME_NOT_KNOWN'
        when outcome = 'not_scanned' then 'NOT_SCANNED'
    end as reason_found,
    outcome = 'confirmed' as confirmed,
    case when safety_net_given is null then 'ANSWER_NOT_RECORDED' end as reason_net,
    safety_net_given as safety_netted,
    case when leaflet_given is null then 'ANSWER_NOT_RECORDED' end as reason_leaflet,
    leaflet_given
from joined
