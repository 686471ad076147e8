"""Why a full build is needed."""

from __future__ import annotations


class NeedsFull(Exception):
    """What was published cannot be carried on; the text says why, after "because"."""
