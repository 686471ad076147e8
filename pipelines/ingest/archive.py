"""A ZIP archive that holds one export, opened without trusting it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, cast

from pipelines.errors import Refusal

# What packing programs of desktops add of their own.
CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
# Text of exports packs to about a tenth; a thousandth is made to fill a disk.
MOST_RATIO = 1000
# What the library raises for a damaged archive: also places before the file's beginning (OSError),
# names that are no text (ValueError), packings that nobody knows.
DAMAGED = (
    *(zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError),
    *(RuntimeError, zlib.error, struct.error),
)
SMALL = 10 << 20


def check(path: Path) -> None:
    """Raise Refusal unless the archive holds exactly one plain, unencrypted file of sane size."""
    try:
        _the_file(path)
    except DAMAGED as error:
        raise Refusal(
            path.name,
            None,
            f"the zip file is truncated or damaged ({error})",
            "Fetch or export it again; nothing of it was kept.",
        ) from None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of the archive's one file. Nothing is unpacked to disk."""
    with zipfile.ZipFile(path) as packed, packed.open(_the_file(path)) as member:
        yield cast(BinaryIO, member)


def _the_file(path: Path) -> zipfile.ZipInfo:
    with zipfile.ZipFile(path) as packed:
        if not all(m.filename for m in packed.infolist()):
            raise zipfile.BadZipFile("a member has no name")
        members = [m for m in packed.infolist() if not m.is_dir() and not _clutter(m.filename)]
    for number, member in enumerate(members, start=1):
        place = f"member {number}"
        if _leaves(member.filename):
            raise Refusal(path.name, place, "its name points outside the archive", "Do not use it.")
        if member.flag_bits & 1:
            raise Refusal(path.name, place, "it is encrypted", "Unpack it first.")
        if member.file_size > max(SMALL, MOST_RATIO * member.compress_size):
            raise Refusal(
                path.name,
                place,
                f"it unpacks to {member.file_size / 1e6:,.0f} MB from "
                f"{member.compress_size / 1e6:,.3f} MB, as no export does",
                "If it is a real export, unpack it and check it first.",
            )
    if len(members) != 1:
        raise Refusal(
            path.name,
            None,
            f"the archive holds {len(members)} files; one export is expected",
            "Unpack it and ingest the files one by one.",
        )
    return members[0]


def _clutter(name: str) -> bool:
    return name.startswith(CLUTTER[0]) or PurePosixPath(name).name in CLUTTER[1:]


def _leaves(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return ".." in parts or name.startswith(("/", "\\")) or bool(PureWindowsPath(name).drive)
