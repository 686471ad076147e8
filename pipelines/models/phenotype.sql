-- One row per episode part: the pattern of the pain on the first day that was evaluated, descriptive
-- only. Of one day's answers to a question a yes stands, so that the day's order decides nothing.
with contacts as (
    select * from contact where evaluated
),

first_days as (
    select episode_key, min(contact_date) as day
    from contacts
    group by episode_key
),

answered as (
    select
        c.episode_key,
        bool_or(c.ph_below_knee) as below_knee,
        bool_or(c.ph_shooting_burning_electric) as shooting,
        bool_or(c.ph_leg_worse_than_back) as leg_worse,
        bool_or(c.ph_pins_numbness) as pins_numbness,
        bool_or(c.ph_leg_weakness) as leg_weakness,
        bool_or(c.ph_ache_or_sharp) as ache_or_sharp,
        bool_or(c.has_back_pain) as back_pain
    from contacts as c
    join first_days as d on d.episode_key = c.episode_key and d.day = c.contact_date
    group by c.episode_key
),

patterned as (
    select
        episode_key,
        below_knee and (shooting or leg_worse or not back_pain or pins_numbness or leg_weakness) as sciatica,
        not below_knee and not shooting and not pins_numbness and not leg_weakness and ache_or_sharp as referred
    from answered
)

select
    episode_key,
    case
        when sciatica then 'SCIATICA_PATTERN'
        when referred then 'REFERRED_PATTERN'
        when sciatica is false and referred is false then 'MIXED'
        else 'UNKNOWN'
    end as phenotype
from patterned
