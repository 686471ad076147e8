"""`python -m rules`: print the page that docs/rules.md holds."""

from rules.document import markdown
from rules.ruleset import load

print(markdown(load()), end="")
