-- The last day that the data of the selected services cover.
select max(extract_date) as until from episode
