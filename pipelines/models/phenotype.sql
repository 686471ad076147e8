-- One row per episode part: the pattern of the pain at the first contact, descriptive only.
with contacts as (
    select * from contact
),

first_contact as (
    select * from contacts
    where evaluated
    qualify row_number() over (partition by episode_key order by contact_key) = 1
),

patterned as (
    select
        episode_key,
        ph_below_knee and (ph_shooting_burning_electric or ph_leg_worse_than_back or not has_back_pain
            or ph_pins_numbness or ph_leg_weakness) as sciatica,
        not ph_below_knee and not ph_shooting_burning_electric and not ph_pins_numbness
            and not ph_leg_weakness and ph_ache_or_sharp as referred
    from first_contact
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
