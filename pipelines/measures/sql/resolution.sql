-- Time from onset to resolution. Grain of the answer: one row per entry day, exit day and event.
with episodes as (
    select *, coalesce(first_contact_date, last_contact_date) as placed_date from episode
),

filtered as (
    select *
    from episodes
    where @selected(placed_date)
),

final as (
    select
        @place
        res_entry,
        res_exit,
        res_event,
        count(*)::bigint as n
    from filtered
    where n_evaluated >= 1
    group by all
)

select * from final order by all
