"""Improvement and persistence from the same rows: our models, Polars and pandas, row for row.

Each takes a folder of Parquet files (INPUTS, written by `inputs.write`) and `parameters.json`, and
writes `improvement.parquet` and `persistence.parquet`. The other two are written as a competent
user of theirs would: lazy and streaming in Polars, sorted and grouped without a loop in pandas.
"""
