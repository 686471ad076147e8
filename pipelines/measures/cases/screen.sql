-- Evaluated contacts by how much of the safety screen was answered, placed by their own day.
with contacts as (
    select
        *,
        row_number() over (partition by episode_key order by contact_date, contact_key) as number
    from contact
    where evaluated
)

select
    episode_key,
    contact_key::varchar as detail,
    contact_date as clock_date,
    @dims,
    extract_date >= last_day(contact_date) as mature,
    null::varchar as reason,
    number > 1 as later,
    contact_type,
    coalesce(screen_complete, false) as complete,
    status <> 'INCOMPLETE_SAFETY' as sufficient,
    screen_answered > 0 as screened_again
from contacts
