"""Checks on what the models made: each .sql file returns the rows that are wrong."""
