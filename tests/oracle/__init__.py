"""A plain reading of the episode rules, written apart from the models that it judges.

Nothing here imports the project. Section numbers refer to the rules specification, `D n` to the
numbered decisions that take precedence over it.
"""
