"""`python -m rules docs/cases`: print the page that docs/rules.md holds.

`python -m rules --lint [FOLDER]` prints what is suspicious in the rule files (the packaged ones, or
those of a folder), and exits with 1 if anything, 2 if they cannot be loaded.
"""

import sys
from pathlib import Path

from rules.document import markdown
from rules.errors import RulesError
from rules.lint import lint
from rules.ruleset import load

words = [word for word in sys.argv[1:] if word != "--lint"]
folder = Path(words[0]) if words else None
if "--lint" in sys.argv[1:]:
    try:
        findings = lint(load(folder))
    except RulesError as error:
        print(f"Refused. {error}", file=sys.stderr)
        sys.exit(2)
    print("\n".join(findings) or "Nothing suspicious.")
    sys.exit(1 if findings else 0)
print(markdown(load(), folder), end="")
