-- Names of episodes that stay the same from one snapshot to the next. Grain: episode part.
select episode_key, source, source || '/' || episode_id as episode from episode
