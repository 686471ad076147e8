"""`python -m rules docs/cases`: print the page that docs/rules.md holds.

`python -m rules --lint` prints what is suspicious in the rule files, and exits with 1 if anything.
"""

import sys
from pathlib import Path

from rules.document import markdown
from rules.lint import lint
from rules.ruleset import load

if sys.argv[1:] == ["--lint"]:
    findings = lint(load())
    print("\n".join(findings) or "Nothing suspicious.")
    sys.exit(1 if findings else 0)
print(markdown(load(), Path(sys.argv[1]) if len(sys.argv) > 1 else None), end="")
