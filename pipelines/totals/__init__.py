"""Totals: the file beside a snapshot that holds counts alone, for readers who see no case.

`files` names the pair, `write` makes the file, `asked` tells a question that only cases answer.
"""
