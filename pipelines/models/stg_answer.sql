-- Answers that a wide row cannot hold: questions in parts (joined by any or all) and
-- several answers to one question. One row per answer; landing keeps them long.
with extra as (
    select * from landing_answer
),

triage as (
    select * from stg_triage
),

joined as (
    select
        file_id,
        line,
        item,
        answer_number,
        max(part) is not null as compound,
        max(op) as op,
        count(*) as n_parts,
        count(*) filter (where answer in ('yes', 'conflict')) as n_yes,
        count(*) filter (where answer = 'no') as n_no,
        max(answer) as answer,
        max(since) as since,
        max(changed) as changed
    from extra
    group by file_id, line, item, answer_number
)

select
    t.ep,
    j.file_id,
    j.line,
    j.item,
    case
        when not j.compound then j.answer
        when j.op = 'any' and j.n_yes > 0 then 'yes'
        when j.op = 'any' and j.n_no = j.n_parts then 'no'
        when j.op = 'all' and j.n_no > 0 then 'no'
        when j.op = 'all' and j.n_yes = j.n_parts then 'yes'
        else 'unknown'
    end as answer,
    j.since,
    j.changed
from joined as j
join triage as t on t.file_id = j.file_id and t.line = j.line
