"""The tables of the review store. Rows are added and never changed."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

case_columns = (
    ("source", String(80)),
    ("episode", String(120)),
    ("kind", String(10)),
    ("day", Date()),
    ("level", String(40)),
)
"""What names a case, in the order of `CaseKey`."""

review = Table(
    "review",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *(Column(name, kind, nullable=False) for name, kind in case_columns),
    Column("reading", SmallInteger, nullable=False, comment="1 first reader, 2 second reader"),
    Column("version", Integer, nullable=False, comment="1, then one more for each change"),
    Column("finding", String(20), nullable=False),
    Column("reason", String(200)),
    Column("reference", String(40)),
    Column("note", String(500)),
    Column("reviewer", String(40), nullable=False),
    Column("reviewed_at", DateTime(), nullable=False, comment="UTC"),
    Column("ruleset", String(64), nullable=False, comment="rules that made the case"),
    Column("published", String(80), nullable=False, comment="snapshot that was looked at"),
    Column("mark", String(32), nullable=False, comment="what was seen of the case, as a hash"),
    # Two who save at once both say "one more than I saw": the second is refused, not lost.
    UniqueConstraint(
        *(name for name, _ in case_columns), "reading", "version", name="one_review_per_version"
    ),
)

sample = Table(
    "sample",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("seed", String(60), nullable=False),
    Column("margin", String(10), nullable=False, comment="half width of the 95 % interval"),
    Column("population", Integer, nullable=False),
    Column("made_by", String(40), nullable=False),
    Column("made_at", DateTime(), nullable=False, comment="UTC"),
    Column("ruleset", String(64), nullable=False),
    Column("published", String(80), nullable=False),
)

sample_case = Table(
    "sample_case",
    metadata,
    Column("sample_id", Integer, ForeignKey("sample.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    *(Column(name, kind, nullable=False) for name, kind in case_columns),
)
