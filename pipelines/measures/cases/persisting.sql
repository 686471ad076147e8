-- Episodes as a count: open and past 8 weeks, ever past 6 or 8 weeks, and about to cross.
with scored as (
    select
        e.episode_key,
        max(greatest(k.nprs, k.nprs_leg, k.nprs_back)) as highest
    from episode as e
    join contact as k on k.episode_key = e.episode_key and k.contact_date = e.last_symptomatic_date
    group by e.episode_key
),

episodes as (
    select e.*, s.highest, s.episode_key is not null as by_contact
    from episode as e
    left join scored as s on s.episode_key = e.episode_key
)

select
    episode_key,
    null::varchar as detail,
    coalesce(first_contact_date, last_contact_date) as clock_date,
    @dims,
    extract_date >= last_day(coalesce(first_contact_date, last_contact_date)) + 84
        and (not coalesce(onset_known, false) or coalesce(mature_8w, false)) as mature,
    case when n_evaluated = 0 then 'NO_CONTACT' end as reason,
    coalesce(persisting_now, false) as now_8,
    coalesce(persist_8w = 'PERSISTENT', false) as ever_8,
    coalesce(persist_6w = 'PERSISTENT', false) as ever_6,
    coalesce(crossing_soon, false) as crossing_soon,
    coalesce(chronic_3m, false) as past_91_days,
    case
        when days_open <= 84 then '8 to 12 weeks'
        when days_open <= 182 then '12 to 26 weeks'
        when days_open <= 364 then '26 to 52 weeks'
        when days_open > 364 then 'over 52 weeks'
        else 'onset not known'
    end as band,
    case entry_cohort
        when 'prevalent' then 'arrived past 8 weeks'
        when 'incident' then 'crossed 8 weeks while with us'
        else 'not known which'
    end as arrival,
    case
        when tti_event = 'improved' then 'improved'
        when tti_event in ('censored', 'escalated') then 'not improved'
        else 'improvement not known'
    end as improvement,
    -- On the latest day with symptoms. A day that only the diary tells has a score of 1 or more.
    case
        when highest >= 1 or (not by_contact and last_symptomatic_date is not null) then 'pain'
        when highest = 0 then 'numbness or tingling without pain'
        else 'pain not scored'
    end as pain
from episodes
