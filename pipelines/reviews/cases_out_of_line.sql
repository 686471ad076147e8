-- The audit cases of each episode part that is out of line and of which any case was reviewed, to
-- tell which parts a review brings into line. Grain: one row per audit case.
-- `counted`: the parts that the measure counts, in front of this text; $reviewed: keys of cases.
select
    audit_case.episode_key,
    audit_case.case_key,
    audit_case.mark
from audit_case
inner join counted on audit_case.episode_key = counted.episode_key
where
    not counted.hit
    and audit_case.episode_key in (
        select looked_at.episode_key
        from audit_case as looked_at
        where list_contains($reviewed::varchar[], looked_at.case_key)
    )
order by audit_case.episode_key, audit_case.case_key
