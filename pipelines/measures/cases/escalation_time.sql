-- Episodes by escalation to GP level or above, at any time and within 56 days of the first contact.
-- Time to it (event 1) from the first contact; resolved first is event 2; else the last contact.
with episodes as (
    select
        *,
        coalesce(first_contact_date, last_contact_date) as placed_date,
        case when resolved_date >= first_contact_date then resolved_date end as resolved_later
    from episode
)

select
    episode_key,
    null::varchar as detail,
    placed_date as clock_date,
    @dims,
    extract_date >= last_day(placed_date) + 56 as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when first_lb is null then 'NO_RESULT'
    end as reason,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when first_lb is null then 'NO_RESULT'
        when extract_date < first_contact_date + 56 then 'NOT_YET_DUE'
    end as reason_56,
    worst_lb >= 2 as ever,
    coalesce(first_date_gp <= first_contact_date + 56, false) as within_56,
    0 as entry,
    case
        when first_date_gp is not null
            and first_date_gp <= coalesce(resolved_later, first_date_gp)
            then date_diff('day', first_contact_date, first_date_gp)
        when resolved_later is not null then date_diff('day', first_contact_date, resolved_later)
        else greatest(date_diff('day', first_contact_date, last_contact_date), 0)
    end as exit,
    case
        when first_date_gp is not null
            and first_date_gp <= coalesce(resolved_later, first_date_gp) then 1
        when resolved_later is not null then 2
        else 0
    end as event
from episodes
