"""The report of a period: the pages' figures, in four kinds of file."""
