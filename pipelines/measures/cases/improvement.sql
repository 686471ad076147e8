-- Episodes by time from the first pain score to a clinically important improvement (event 1) or,
-- before it, to escalation (event 2); both as the default definition says.
select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 84 as mature,
    case
        when n_evaluated = 0 then 'NO_CONTACT'
        when tti_event in ('improved', 'escalated', 'censored') and tti_days is not null then null
        else coalesce(tti_reason, 'no_baseline')
    end as reason,
    0 as entry,
    tti_days as exit,
    case tti_event when 'improved' then 1 when 'escalated' then 2 else 0 end as event,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason_scores,
    coalesce(n_score_days >= 2, false) as two_scores
from episode
