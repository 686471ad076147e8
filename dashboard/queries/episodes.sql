-- The list of episodes under the page's filters, latest first. Grain: one row per episode part.
-- $outcomes holds codes of the outcome at the first contact, NOT_SETTLED and NOT_JUDGED among
-- them; $state is one of all, past_8_weeks, crossing_soon, no_action. Empty $find: any id.
with episodes as (
    select
        *,
        coalesce(first_contact_date, last_contact_date) as placed_date,
        case
            when n_evaluated = 0 or first_lb is null then 'NOT_JUDGED'
            when first_lb = 0 and first_ub > 0 then 'NOT_SETTLED'
            else (select level.code from level where level.level = episode.first_lb)
        end as first_outcome
    from episode
),

chosen as (
    select *
    from episodes
    where
        @selected(placed_date)
        and (len($outcomes::varchar[]) = 0 or list_contains($outcomes::varchar[], first_outcome))
        and ($find = '' or contains(lower(episode_id), lower($find)))
        and (
            $state = 'all'
            or ($state = 'past_8_weeks' and persisting_now and n_evaluated >= 1)
            or ($state = 'crossing_soon' and crossing_soon and n_evaluated >= 1)
            or (
                $state = 'no_action'
                and episode_key in (select breach.episode_key from breach where result = 'MISSED')
            )
        )
)

select
    chosen.episode_id,
    chosen.first_contact_date,
    chosen.site_id,
    chosen.first_outcome,
    chosen.first_ub,
    chosen.worst_lb,
    chosen.worst_ub,
    chosen.persist_8w,
    chosen.audit_category,
    chosen.n_contacts,
    count(*) over () as n_all
from chosen
order by chosen.first_contact_date desc nulls last, chosen.episode_key
limit $most
