-- Episodes by whether they are open on the day the data end, and how long ago their pain began.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) as mature,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason,
    open_now,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when not open_now then 'NOT_OPEN'
        when not onset_known then 'ONSET_UNKNOWN'
    end as reason_age,
    coalesce(days_open > 56, false) as past_8_weeks,
    case
        when not onset_known then 'onset not known'
        when days_open <= 42 then 'up to 6 weeks'
        when days_open <= 56 then '6 to 8 weeks'
        when days_open <= 84 then '8 to 12 weeks'
        when days_open <= 182 then '12 to 26 weeks'
        when days_open <= 364 then '26 to 52 weeks'
        else 'over 52 weeks'
    end as band
from episode
