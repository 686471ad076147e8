"""Measurements of the whole at real size, run by hand; never timed tests."""
