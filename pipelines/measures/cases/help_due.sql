-- Episodes seen past 8 weeks, by the leaflet's fourth reason for an appointment: no improvement
-- although the exercises were tried.
with past as (
    select
        episode_key,
        bool_or(h4_state = 'due') as due,
        bool_or(h4_state = 'unknown') as open_question,
        arg_min(h4_state, contact_date) as first_state
    from contact
    where evaluated and persisted_hi
    group by episode_key
),

past_6 as (
    select
        episode_key,
        bool_or(h4_state in ('due', 'permitted')) as met,
        bool_or(h4_state = 'unknown') as open_question
    from contact
    where evaluated and persisted_lo
    group by episode_key
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) + 84 as mature,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when past.episode_key is null then 'NOT_SEEN_PAST_8_WEEKS'
        when not past.due and past.open_question then 'CRITERION_UNKNOWN'
    end as reason,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when past.episode_key is null then 'NOT_SEEN_PAST_8_WEEKS'
        when not coalesce(e.mature_8w, false) then 'NOT_MATURE'
        when coalesce(past.first_state, 'unknown') = 'unknown' then 'CRITERION_UNKNOWN'
    end as reason_first,
    case
        when e.n_evaluated = 0 then 'NO_CONTACT'
        when past_6.episode_key is null then 'NOT_SEEN_PAST_6_WEEKS'
        when not past_6.met and past_6.open_question then 'CRITERION_UNKNOWN'
    end as reason_6,
    past_6.met as met_6,
    past.due as hit,
    past.first_state = 'due' as due_first
from episode as e
left join past on past.episode_key = e.episode_key
left join past_6 on past_6.episode_key = e.episode_key
