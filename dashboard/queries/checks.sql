-- What the checks of data quality found. Grain: one row per check and part.
select title, category, part, severity, status, n_violated, n_rows, threshold, why
from check_result
order by
    case status when 'error' then 0 when 'fail' then 1 when 'not applicable' then 2 else 3 end,
    check_id,
    part
