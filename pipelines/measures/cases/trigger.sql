-- Triggers (a level first reached, or a new red flag), by whether and when they were acted on.
-- Time to action: event 1; those not acted on are followed to the end of the data.
select
    b.episode_key,
    b.breach_date::varchar || ' level ' || b.level::varchar as detail,
    b.breach_date as clock_date,
    @dims(b),
    b.extract_date >= last_day(b.breach_date) + b.allowed_days as mature,
    b.level >= 3 as red_flag,
    b.level = 2 as gp_level,
    case when b.result in ('PENDING', 'NOT_AUDITABLE') then b.result end as reason,
    case when b.result = 'NOT_AUDITABLE' then b.result end as reason_time,
    case when b.result <> 'COVERED' then b.result end as reason_acted,
    level.code as level,
    case when b.possible then 'possible' else 'confirmed' end as certainty,
    b.result = 'MISSED' or (b.result = 'COVERED' and not b.timely) as not_in_time,
    b.result = 'MISSED' as missed,
    coalesce(b.timely, false) as timely,
    b.days_to_referral as value,
    0 as entry,
    coalesce(
        b.days_to_referral, greatest(date_diff('day', b.breach_date, b.extract_date), 0)
    ) as exit,
    (b.result = 'COVERED')::integer as event
from breach as b
join level on level.level = b.level
