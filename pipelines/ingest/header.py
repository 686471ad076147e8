"""A file's header against its profile: missing, strange, doubled, or not to be had at all."""

from __future__ import annotations

import difflib
from collections import Counter

from pipelines.errors import Refusal
from pipelines.ingest.identifiers import header_finding
from pipelines.ingest.profile import Profile


def check_header(file: str, profile: Profile, header: list[str]) -> None:
    """Raise Refusal, with line and column, for a header that the profile does not fit."""
    line = f"line {profile.header_row}"
    for place, name in enumerate(header, start=1):
        what = header_finding(name)
        mapped = profile.columns.get(name)
        if what and not (mapped and (mapped.drop or mapped.to)):
            raise Refusal(
                file,
                f"{line}, column {place}",
                f"the header announces {what}",
                "Export without identifiers of people; nothing of the file was kept.",
            )
    if any(n > 1 for name, n in Counter(header).items() if name):
        raise Refusal(file, line, "a column name stands twice", "Name every column once.")
    missing = [name for name in profile.columns if name not in header]
    if missing:
        raise Refusal(
            file,
            line,
            _missing(missing, header),
            f"The file was read with profile {profile.id}; name another with --profile.",
        )
    extra = [name for name in header if name not in profile.columns]
    if extra and profile.extra_columns == "refuse":
        places = ", ".join(str(header.index(name) + 1) for name in extra)
        raise Refusal(
            file,
            f"{line}, column {places}",
            f"{len(extra)} column(s) that profile {profile.id} does not know",
            'Map or drop them in the profile, or set extra_columns = "drop".',
        )


def _missing(missing: list[str], header: list[str]) -> str:
    told = []
    for name in missing[:5]:
        near = difflib.get_close_matches(name, header, 1, cutoff=0.7)
        told.append(f"'{name}'" + (f" (nearest: '{near[0]}')" if near else ""))
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return f"the header lacks {', '.join(told)}{more}"
