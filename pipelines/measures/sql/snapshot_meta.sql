-- What a snapshot says of itself that can change a figure. Grain: key.
select key, value from meta where key in ('ruleset_version', 'data_to')
