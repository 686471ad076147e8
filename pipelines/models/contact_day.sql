-- One row per episode and day with a contact: the day's scores and what was said.
-- Within a day the largest score and the worst other value count, and symptoms beat none.
with contacts as (
    select * from stg_contact
),

answers as (
    select * from contact_answer
)

select
    k.ep,
    k.contact_date as day,
    max(k.nprs) as nprs,
    max(k.nprs_leg) as nprs_leg,
    max(k.nprs_back) as nprs_back,
    max(k.pgic) as pgic,
    min(k.msk_hq) as msk_hq,
    bool_or(a.symptomatic) as symptomatic,
    coalesce(bool_or(a.help_tried), false) as said_tried,
    coalesce(bool_or(not a.help_tried), false) as said_not_tried,
    bool_or(a.help_improving) as said_improving
from contacts as k
join answers as a on a.contact_key = k.contact_key
group by k.ep, k.contact_date
