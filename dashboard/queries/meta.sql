-- What the snapshot says about itself. Grain: one row per key.
select "key", "value" from meta
