-- Episodes by status 6 and 8 weeks after onset: those first seen within 8 weeks of it, once the
-- visit that decides has had time to come.
with episodes as (
    select
        *,
        coalesce(first_contact_date, last_contact_date) as placed_date,
        case
            when n_evaluated = 0 then 'NO_CONTACT'
            when entry_cohort = 'prevalent' then 'ARRIVED_PAST_8_WEEKS'
            when entry_cohort is distinct from 'incident' then 'COHORT_UNKNOWN'
            when not coalesce(mature_8w, false) then 'NOT_MATURE'
        end as outside,
        coalesce(persist_6w, 'NO_DATA') as status_6,
        coalesce(persist_8w, 'NO_DATA') as status_8
    from episode
)

select
    episode_key,
    null::varchar as detail,
    placed_date as clock_date,
    @dims,
    -- Only those first seen within 8 weeks can change the month's figure.
    extract_date >= last_day(placed_date)
        and (entry_cohort is distinct from 'incident' or coalesce(mature_8w, false)) as mature,
    case
        when outside is not null then outside
        when status_8 not in ('PERSISTENT', 'NOT_PERSISTENT') then status_8
    end as reason_8,
    case
        when outside is not null then outside
        when status_6 not in ('PERSISTENT', 'NOT_PERSISTENT') then status_6
    end as reason_6,
    case
        when outside is not null then outside
        when status_8 not in ('PERSISTENT', 'NOT_PERSISTENT', 'LOST', 'PENDING') then status_8
    end as reason_due_8,
    case
        when outside is not null then outside
        when status_6 not in ('PERSISTENT', 'NOT_PERSISTENT', 'LOST', 'PENDING') then status_6
    end as reason_due_6,
    status_8 = 'PERSISTENT' as persistent_8,
    status_6 = 'PERSISTENT' as persistent_6,
    status_8 <> 'NOT_PERSISTENT' as not_known_recovered_8,
    status_6 <> 'NOT_PERSISTENT' as not_known_recovered_6,
    status_8 in ('PERSISTENT', 'NOT_PERSISTENT') as known_8,
    status_6 in ('PERSISTENT', 'NOT_PERSISTENT') as known_6
from episodes
