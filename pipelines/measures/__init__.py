"""Measures: pure functions on counts and small arrays, and the catalogue that defines each of them.

Nothing here knows a file format or a screen. `headline` is the only module that reads a snapshot,
and it does so through the statements in `sql/`.
"""
