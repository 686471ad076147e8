-- One row per evaluated contact: what the rules make of it, with its flags.
with results as (
    select * from contact_rule where evaluated and not filled
),

twins as (
    select contact_key, ub as filled_ub from contact_rule where evaluated and filled
),

facts as (
    select * from contact_fact where evaluated
)

select
    r.*,
    case when coalesce(t.filled_ub, r.ub) < r.lb then r.lb else coalesce(t.filled_ub, r.ub) end as filled_ub,
    case
        when r.lb = r.ub then 'DETERMINATE'
        when r.ub >= 2 then 'INCOMPLETE_SAFETY'
        else 'INCOMPLETE_HELP'
    end as status,
    case
        when f.h4_hi then 'due'
        when f.h4_lo then 'permitted'
        when f.h4_lo is false then 'not_met'
        else 'unknown'
    end as h4_state,
    concat_ws(',', nullif(f.answer_flags, ''), case when f.worsening_untried then 'worsening_untried' end) as flags,
    (f.sign_timing_assumed or f.recency_assumed) as possible
from results as r
join facts as f on f.contact_key = r.contact_key
left join twins as t on t.contact_key = r.contact_key
