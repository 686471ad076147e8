"""Reviews, and samples of cases to be read twice."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _case() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("episode", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("level", sa.String(40), nullable=False),
    )


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        *_case(),
        sa.Column(
            "reading", sa.SmallInteger(), nullable=False, comment="1 first reader, 2 second reader"
        ),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="1, then one more for each change"
        ),
        sa.Column("finding", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("reference", sa.String(40)),
        sa.Column("note", sa.String(500)),
        sa.Column("reviewer", sa.String(40), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("ruleset", sa.String(64), nullable=False, comment="rules that made the case"),
        sa.Column(
            "published", sa.String(80), nullable=False, comment="snapshot that was looked at"
        ),
        sa.Column(
            "mark", sa.String(32), nullable=False, comment="what was seen of the case, as a hash"
        ),
        sa.UniqueConstraint(
            *("source", "episode", "kind", "day", "level", "reading", "version"),
            name="one_review_per_version",
        ),
    )
    op.create_table(
        "sample",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(60), nullable=False, unique=True),
        sa.Column("seed", sa.String(60), nullable=False),
        sa.Column(
            "margin", sa.String(10), nullable=False, comment="half width of the 95 % interval"
        ),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column("ruleset", sa.String(64), nullable=False),
        sa.Column("published", sa.String(80), nullable=False),
    )
    op.create_table(
        "sample_case",
        sa.Column("sample_id", sa.Integer(), sa.ForeignKey("sample.id"), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        *_case(),
    )
