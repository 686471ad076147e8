"""The cases behind each measure, as SQL: who is counted, who is left out and why.

One file per family of measures; the catalogue names the file of each measure. A file is one
`select` (or `with … select`) on the published tables. Each row is one case (an episode, a
contact, a trigger, an action) with these columns:

- `episode_key`, and `detail` (text or null) that tells two cases of one episode apart
- `clock_date`: the day that places the case in time
- the dimensions, written `@dims` (with a table's alias: `@dims(e)`)
- `mature`: false while later data can still change the figure of the case's month by themselves
- `reason`: null when the case is counted, else why it is left out (a code of the catalogue)
- what the measure's kind needs: `hit` (yes or no) for shares and counts; `value` for medians;
  `entry`, `exit` and `event` (0 = left, 1, 2 …) for times; `expected`, `recorded`, `patient_id`
  for agreement. The catalogue may name another column for `hit`, `reason` or `part`.
- `part` (text), where a measure is split by itself: a level, an item, an exercise

So a figure and the list of the cases behind it come from the same rows, and add up.
"""
