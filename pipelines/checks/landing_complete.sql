-- As many landing rows per file that holds now as its load report says (a questionnaire's rows make one),
-- less those of people who were left out since.
with counted as (
    select file_id, count(*) as n from landing_triage group by file_id
    union all
    select file_id, count(*) from landing_exercise_log group by file_id
    union all
    select file_id, count(*) from landing_referral group by file_id
)

select f.file_id as wrong
from landing_file as f
left join counted as c on c.file_id = f.file_id
where f.current and f.stream <> 'raw' and coalesce(c.n, 0) <> f.landed - f.forgotten
