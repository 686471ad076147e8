"""The sites that a reader may see, put into every question before it is asked.

Shared figures are the same for everybody, so there no site is kept from anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.reader import reader
from pipelines.measures.filter import Filter


class SitesWithheld(PermissionError):
    """Something was asked for of a site, or of all sites, that this reader may not see."""


def own() -> tuple[str, ...] | None:
    """Ids of the sites that this reader may see; None for all."""
    found = reader()
    return None if found.mode == "shared" else found.sites


def sees_every_site() -> bool:
    """Whether no site is kept from this reader."""
    return own() is None


def need_every_site() -> None:
    """SitesWithheld unless this reader may see all sites."""
    if not sees_every_site():
        raise SitesWithheld("This is of all sites together, and you may see some of them only.")


def chosen(sites: Sequence[str]) -> tuple[str, ...]:
    """The sites that a question is about (none: all), as far as this reader may ask for them.

    SitesWithheld for one that they may not see; never an answer about fewer sites than asked for.
    """
    seen = own()
    if seen is None:
        return tuple(sites)
    if not set(sites) <= set(seen):
        raise SitesWithheld("This is of a site that you may not see.")
    return tuple(sites) or seen


def within(flt: Filter) -> Filter:
    """A filter that covers no site which this reader may not see; see `chosen`."""
    sites = chosen(flt.sites)
    return flt if sites == flt.sites else replace(flt, sites=sites)
