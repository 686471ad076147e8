-- Evaluated contacts by help question: answered (not taking medication is an answer), or not.
with items as (
    select
        *,
        unnest([
            'help_1_unmanageable',
            'help_2_sleep_impact',
            'help_2_med_helps',
            'help_3_worsening',
            'help_tried',
            'help_improving'
        ]) as item,
        unnest([
            coalesce(help_1_unmanageable_code in ('yes', 'no', 'not_taking'), false),
            coalesce(help_2_sleep_impact_code in ('yes', 'no', 'not_taking'), false),
            coalesce(help_2_med_helps_code in ('yes', 'no', 'not_taking'), false),
            coalesce(help_3_worsening_code in ('yes', 'no', 'not_taking'), false),
            coalesce(help_tried_code in ('yes', 'no', 'not_taking'), false),
            coalesce(help_improving_code in ('yes', 'no', 'not_taking'), false)
        ]) as answered
    from contact
    where evaluated
)

select
    episode_key,
    contact_key::varchar as detail,
    contact_date as clock_date,
    @dims,
    extract_date >= last_day(contact_date) as mature,
    null::varchar as reason,
    item,
    answered
from items
