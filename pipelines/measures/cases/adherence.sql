-- Episodes by how the exercises were kept up, from the diary of the first twelve weeks.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 84 as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when n_log_days is null then 'NO_DIARY'
        when adherence_index is null then 'NOT_ASSESSABLE'
    end as reason,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when n_log_days is null then 'NO_DIARY'
    end as reason_days,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason_kept,
    n_log_days is not null as kept,
    -- The margin keeps 0.8 itself inside, whatever the order in which parts were added.
    adherence_index >= 0.799999999 as hit,
    adherence_index as value,
    active_day_rate,
    weekly_frequency_score
from episode
