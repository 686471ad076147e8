-- The audit cases of each episode part, to tell which parts a review brings into line.
select
    episode_key,
    case_key,
    mark
from audit_case
order by episode_key, case_key
