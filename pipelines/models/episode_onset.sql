-- One row per episode: the interval in which its pain began, and why it is not known.
-- Cleaning steps 4 and 5: the first contact's valid date, filled from a later row.
with contacts as (
    select * from stg_contact
),

episodes as (
    select * from stg_episode
),

parameters as (
    select * from param_set
),

seen as (
    select
        ep,
        min(contact_date) as first_contact_date
    from contacts
    group by ep
),

claimed as (
    select
        k.ep,
        k.contact_key,
        s.first_contact_date,
        e.extract_date,
        coalesce(
            k.onset_earliest,
            case when k.onset_precision = 'month' then cast(date_trunc('month', k.onset_date) as date) else k.onset_date end
        ) as earliest,
        coalesce(
            k.onset_latest,
            case when k.onset_precision = 'month'
                then cast(date_trunc('month', k.onset_date) + interval 1 month - interval 1 day as date)
                else k.onset_date end
        ) as latest,
        k.onset_date,
        coalesce(contains(p.placeholder_dates, '|' || cast(k.onset_date as varchar) || '|'), false) as placeholder
    from contacts as k
    join seen as s on s.ep = k.ep
    join episodes as e on e.ep = k.ep
    join parameters as p on p.ps = e.ps
),

judged as (
    select
        *,
        case
            when (earliest is null and latest is null) or placeholder then 'onset_missing'
            when coalesce(onset_date, earliest) > extract_date then 'onset_future_invalid'
            when earliest > first_contact_date then 'onset_after_first_contact'
            else 'valid'
        end as verdict
    from claimed
),

chosen as (
    select
        ep,
        arg_min(earliest, contact_key) filter (where verdict = 'valid') as oe,
        arg_min(latest, contact_key) filter (where verdict = 'valid') as ol,
        count(*) filter (where verdict = 'valid') as n_valid,
        count(distinct concat_ws('/', cast(earliest as varchar), cast(latest as varchar))) filter (where verdict = 'valid') > 1 as conflicting,
        bool_or(verdict = 'onset_future_invalid') as in_future,
        bool_or(verdict = 'onset_after_first_contact') as after_first
    from judged
    group by ep
)

select
    e.ep,
    s.first_contact_date,
    c.oe,
    case when c.n_valid > 0 then least(coalesce(c.ol, s.first_contact_date), s.first_contact_date) else s.first_contact_date end as ol,
    concat_ws(',',
        case when c.after_first then 'onset_after_first_contact' end,
        case when c.conflicting then 'onset_conflict' end,
        case when c.in_future then 'onset_future_invalid' end,
        case when coalesce(c.n_valid, 0) = 0 and coalesce(not c.in_future and not c.after_first, true) then 'onset_missing' end
    ) as onset_flags
from episodes as e
left join seen as s on s.ep = e.ep
left join chosen as c on c.ep = e.ep
