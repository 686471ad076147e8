-- Episodes by how what was done compares with what the rules say; fully screened ones are judged.
-- The person is named only where another of their judged episodes is in the data: whoever has one
-- stands alone in every selection.
with episodes as (
    select *, coalesce(audit_category, 'NOT_AUDITABLE') as category from episode
)

select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 28 as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when category not in ('AGREE', 'LATE', 'UNDER', 'OVER') then category
        when worst_lb is distinct from worst_ub then 'NOT_SETTLED'
    end as reason,
    n_evaluated > 0
        and worst_lb is distinct from worst_ub
        and category in ('LATE', 'UNDER', 'OVER') as certain_despite_gaps,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason_all,
    category,
    true as counted,
    category in ('PENDING', 'NOT_AUDITABLE') as not_judged,
    category = 'AGREE' as agree,
    category = 'LATE' as late,
    category = 'UNDER' as under,
    category = 'OVER' as over,
    worst_lb::integer as expected,
    recorded::integer as recorded,
    case
        when
            count_if(n_evaluated > 0 and category in ('AGREE', 'LATE', 'UNDER', 'OVER'))
                over (partition by patient_id) > 1
            then patient_id
    end as patient_id
from episodes
