-- Episodes by their waits: referral received to triage, and from either of these to the first
-- appointment (event 1). Closed without one is event 2; who still waits is followed to the data's end.
with sent as (
    select distinct episode_key
    from referral
    where destination = 'TIMS' and kind in ('referral', 'advice')
),

seen as (
    select episode_key, min(referral_date) as seen_date
    from referral
    where kind = 'appointment'
    group by episode_key
),

episodes as (
    select
        e.*,
        coalesce(e.first_contact_date, e.last_contact_date) as placed_date,
        seen.seen_date,
        coalesce(seen.seen_date, e.close_date, e.extract_date) as until_date,
        case when seen.seen_date is not null then 1 when e.close_date is not null then 2 else 0 end as event,
        case
            when e.n_evaluated = 0 then 'NO_CONTACT'
            when sent.episode_key is null and seen.episode_key is null then 'NOT_REFERRED'
        end as outside
    from episode as e
    left join sent on sent.episode_key = e.episode_key
    left join seen on seen.episode_key = e.episode_key
),

timed as (
    select
        *,
        outside is null and event = 0 as waiting,
        date_diff('day', referral_received_date, until_date) as days
    from episodes
)

select
    episode_key,
    null::varchar as detail,
    placed_date as clock_date,
    @dims,
    extract_date >= last_day(placed_date) + 126 as mature,
    extract_date >= last_day(placed_date) as mature_triage,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when referral_received_date is null then 'RECEIVED_NOT_RECORDED'
        when referral_received_date > first_contact_date then 'DATES_CONTRADICT'
    end as reason_triage,
    date_diff('day', referral_received_date, first_contact_date) as to_triage,
    case
        when outside is not null then outside
        when until_date < first_contact_date then 'DATES_CONTRADICT'
    end as reason_triage_to_appointment,
    date_diff('day', first_contact_date, until_date) as from_triage,
    case
        when outside is not null then outside
        when referral_received_date is null then 'RECEIVED_NOT_RECORDED'
        when days < 0 then 'DATES_CONTRADICT'
    end as reason_referral_to_appointment,
    days as from_referral,
    case
        when outside is not null then outside
        when event <> 1 then case when event = 2 then 'CLOSED_UNSEEN' else 'STILL_WAITING' end
        when referral_received_date is null then 'RECEIVED_NOT_RECORDED'
        when days < 0 then 'DATES_CONTRADICT'
    end as reason_seen,
    0 as entry,
    event,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason_waiting,
    waiting,
    true as counted,
    -- The published bands leave day 365 out; it is more than 52 weeks (364 days), so it counts there.
    case
        when days is null or days < 0 then 'referral date not known'
        when days <= 7 then '0 to 1 week'
        when days <= 14 then '1 to 2 weeks'
        when days <= 28 then '2 to 4 weeks'
        when days <= 84 then '4 to 12 weeks'
        when days <= 126 then '12 to 18 weeks'
        when days <= 364 then '18 to 52 weeks'
        else 'over 52 weeks'
    end as band
from timed
