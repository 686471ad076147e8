-- A contact without any answered safety question is never settled as self-management.
select contact_key as wrong
from contact_result
where screen_answered = 0 and status = 'DETERMINATE' and lb = 0
