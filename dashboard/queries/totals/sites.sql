-- Sites that episodes belong to, those without one last. Grain: site.
select
    episode_total.site as site_id,
    case
        when episode_total.site = 'unknown' then 'Site not recorded'
        else coalesce(any_value(site.name), episode_total.site)
    end as site_name
from episode_total
left join site on episode_total.site = site.site_id
where len($sites::varchar[]) = 0 or list_contains($sites::varchar[], episode_total.site)
group by episode_total.site
order by episode_total.site = 'unknown', site_name, episode_total.site
