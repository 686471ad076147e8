"""Disclosure control: the one function through which every shared view and export passes.

`protect` is that function. `grid` holds the counts of a measure by time and one other dimension,
`attack` what a reader could work out, `suppress` what has to be hidden so that it is not enough.
Pure functions: nothing here reads data or knows a screen. Method and proof: docs/disclosure.md.
"""

from pipelines.measures.disclosure.protect import protect
from pipelines.measures.disclosure.rules import MODES, Mode, Rules

__all__ = ["MODES", "Mode", "Rules", "protect"]
