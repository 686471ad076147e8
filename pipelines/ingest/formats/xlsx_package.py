"""A workbook as a ZIP package, checked before any part of it is parsed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from xml.parsers import expat

from pipelines.errors import Refusal
from pipelines.ingest import archive

ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"
# The older Office container: .xls workbooks, and .xlsx ones under a password.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")
BLOCK = 1 << 20

MOST_BYTES = 2 << 30
MOST_MEMBERS = 10_000
# Cells of a table pack to a tenth or so; two hundred times is a file made to fill the memory.
MOST_RATIO = 200
SMALL = 10 << 20
# Sheets are streamed; texts are held in memory once; every other part is parsed whole.
MOST_TEXTS = 512 << 20
MOST_PART = 64 << 20
PROLOG = 1 << 16

DAMAGE = archive.DAMAGED
AGAIN = "Save it again as an Excel workbook (.xlsx); nothing of it was kept."


class _Declared(Exception):
    """A document type declaration: the only place where entities can be declared."""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The package as a ZIP file whose members were checked, and no part yet parsed.

    Raises Refusal for what is no workbook, is locked, damaged, or made to harm; so too when a
    member proves damaged while the caller reads it.
    """
    _check_kind(path)
    try:
        with zipfile.ZipFile(path) as package:
            _check_members(path, package)
            for member in package.infolist():
                _check_prolog(path, package, member)
            yield package
    except DAMAGE as error:
        raise damaged(path, None, type(error).__name__) from None


def damaged(path: Path, place: str | None, what: str) -> Refusal:
    """The refusal of a file that is cut short or broken; `what` never holds text of a cell."""
    return Refusal(path.name, place, f"the workbook is truncated or damaged ({what})", AGAIN)


def _check_kind(path: Path) -> None:
    with path.open("rb") as handle:
        head = handle.read(8)
        if head == COMPOUND:
            if _contains(handle, LOCKED):
                raise Refusal(
                    path.name,
                    None,
                    "the workbook is protected by a password",
                    "Save it without a password and ingest it again.",
                )
            raise Refusal(path.name, None, "this is an old Excel file (.xls)", AGAIN)
    if not head:
        raise Refusal(path.name, None, "the file is empty", "Export it again.")
    if head.startswith(GZIP):
        raise Refusal(path.name, None, "the workbook is packed with gzip", "Unpack it first.")
    if not head.startswith(ZIP):
        raise Refusal(path.name, "byte 1", "this is not an Excel workbook (.xlsx)", AGAIN)


def _contains(handle: Iterator[bytes], mark: bytes) -> bool:
    tail = b""
    for block in handle:
        if mark in tail + block:
            return True
        tail = (tail + block)[-len(mark) :]
    return False


def _check_members(path: Path, package: zipfile.ZipFile) -> None:
    members = package.infolist()
    names = {member.filename.casefold() for member in members}
    if "" in names:  # by a damaged directory: the library itself stumbles over such a member
        raise damaged(path, None, "a part has no name")
    if len(names) != len(members):
        raise Refusal(path.name, None, "two parts of the workbook have one name", AGAIN)
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES or len(members) > MOST_MEMBERS:
        raise Refusal(
            path.name,
            None,
            f"the workbook unpacks to {total / 1e6:,.0f} MB in {len(members):,} parts, more than "
            f"{MOST_BYTES / 1e6:,.0f} MB or {MOST_MEMBERS:,} parts",
            "Export it as CSV, or as several workbooks.",
        )
    for number, member in enumerate(members, start=1):
        _check_member(path, f"part {number} of the ZIP package", member)
    if "mimetype" in names and "content.xml" in names:
        raise Refusal(path.name, None, "this is an OpenDocument file (.ods)", AGAIN)
    if "xl/workbook.bin" in names:
        raise Refusal(path.name, None, "this is a binary workbook (.xlsb)", AGAIN)
    if "[content_types].xml" not in names:
        raise Refusal(path.name, None, "this ZIP file is not an Excel workbook (.xlsx)", AGAIN)


def _check_member(path: Path, place: str, member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or PureWindowsPath(name).drive:
        raise Refusal(path.name, place, "its name points outside the package", "Do not use it.")
    if member.flag_bits & 1:
        raise Refusal(path.name, place, "it is encrypted", "Save the workbook without a password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refusal(path.name, place, "it is packed in a way that no workbook is", AGAIN)
    if member.file_size > max(SMALL, MOST_RATIO * member.compress_size):
        raise Refusal(
            path.name,
            place,
            f"it unpacks to {member.file_size / 1e6:,.0f} MB from "
            f"{member.compress_size / 1e6:,.3f} MB, as no export does",
            "If it is a real export, save it as CSV and ingest that.",
        )
    folders = {folder.casefold() for folder in parts[:-1]}
    if parts and parts[-1].casefold() == "sharedstrings.xml":
        most = MOST_TEXTS
    elif folders & {"worksheets", "pivotcache", "media"} or not _is_xml(name):
        return
    else:
        most = MOST_PART
    if member.file_size > most:
        raise Refusal(
            path.name,
            place,
            f"it unpacks to {member.file_size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB of it "
            "fit in memory",
            "Export it as CSV, or as several workbooks.",
        )


def _is_xml(name: str) -> bool:
    return name.casefold().endswith((".xml", ".rels", ".vml"))


def _check_prolog(path: Path, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Parse up to the first element: a DOCTYPE stands before it or nowhere."""
    if member.is_dir():
        return
    begun = False

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal begun
        begun = True

    def declare(*_: object) -> None:
        raise _Declared

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = declare
    # Handlers of one call to Parse all run, so the blocks are small.
    with package.open(member) as part:
        try:
            read = 0
            while not begun and read < PROLOG and (block := part.read(1024)):
                read += len(block)
                parser.Parse(block, False)
        except _Declared:
            raise Refusal(
                path.name,
                member.filename,
                "the part declares entities or a document type, which no workbook needs",
                "Do not use it; export it again at its origin.",
            ) from None
        except expat.ExpatError:
            pass  # a picture, or damage that its own reader will meet and tell
        else:
            if not begun and _is_xml(member.filename):
                raise damaged(path, member.filename, "no XML element")
