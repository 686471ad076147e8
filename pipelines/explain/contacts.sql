-- Every contact of an episode, all of its parts, in their order. Grain: contact.
select c.*, f.name as file
from contact as c
join episode as e on e.episode_key = c.episode_key
left join file as f on f.file_id = c.file_id
where e.base_episode_id = $base and e.source = $source
order by c.episode_key, c.contact_key
