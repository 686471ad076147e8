-- Sites that episodes belong to, those without one last. Grain: site.
select
    episode.site_id,
    case
        when episode.site_id = 'unknown' then 'Site not recorded'
        else coalesce(any_value(site.name), episode.site_id)
    end as site_name
from episode
left join site on episode.site_id = site.site_id
where
    episode.site_id is not null
    and (len($sites::varchar[]) = 0 or list_contains($sites::varchar[], episode.site_id))
group by episode.site_id
order by episode.site_id = 'unknown', site_name, episode.site_id
