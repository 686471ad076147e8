"""One query per check of data quality: source, part, rows that are wrong, rows looked at."""
