"""What is wrong with the service's own settings of its charts, said on the page.

Without a word a page would look as if no target had been set and nothing recorded.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import own_settings, snapshots
from dashboard.snapshots import NoSnapshot
from pipelines.errors import OutcomesError


def problem() -> str:
    """The fault, its file and line, and what to do; empty where all is well."""
    try:
        own_settings.charts(snapshots.home())
    except NoSnapshot:
        return ""
    except OutcomesError as error:
        # Only the file's name: the folder of the data home is nobody's business in a browser.
        where = Path(error.where).name if error.where else "the data home"
        said = error.what if error.what.startswith(where) else f"{where}: {error.what}"
        return said + (f". {error.hint}" if error.hint else "")
    return ""


def show() -> None:
    """The notice, where there is a fault."""
    found = problem()
    if found:
        st.warning(
            "Targets and recorded changes are not shown, as the service's settings cannot be "
            f"read.\n\n`{found.replace('`', '')}`",
            icon=":material/warning:",
        )
