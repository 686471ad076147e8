-- Episodes by flag of data quality: set or not.
with named as (
    select distinct unnest(string_split(flags, ',')) as flag from episode
)

select
    e.episode_key,
    null::varchar as detail,
    coalesce(e.first_contact_date, e.last_contact_date) as clock_date,
    @dims(e),
    e.extract_date >= last_day(coalesce(e.first_contact_date, e.last_contact_date)) as mature,
    null::varchar as reason,
    named.flag,
    contains(',' || coalesce(e.flags, '') || ',', ',' || named.flag || ',') as hit
from episode as e
cross join named
