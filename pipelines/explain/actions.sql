-- What is on record as done in an episode part, with its source file. Grain: action.
select r.*, f.name as file
from referral as r
left join file as f on f.file_id = r.file_id
where r.episode_key = $key
order by r.referral_date, r.referral_id
