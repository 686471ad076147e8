"""What if: reclassify everything under other parameters or rules, beside the published snapshot.

Both sets of rules run over the same landing rows in scratch databases; nothing is published.
"""

from pipelines.compare.run import Comparison, compare

__all__ = ["Comparison", "compare"]
