"""What is tried against a running server, and what it gets; `docs/access.md` has the same table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.signon.attempts import OF_PROVIDER, OF_PROXY, Attempt, table
from tests.signon.conftest import World

PAGE = Path(__file__).parents[2] / "docs" / "access.md"


@pytest.mark.parametrize("attempt", OF_PROVIDER, ids=lambda each: each.words)
def test_with_an_identity_provider(oidc: World, attempt: Attempt) -> None:
    assert attempt.make(oidc) == attempt.answer


@pytest.mark.parametrize("attempt", OF_PROXY, ids=lambda each: each.words)
def test_behind_a_proxy(proxied: World, attempt: Attempt) -> None:
    assert attempt.make(proxied) == attempt.answer


def test_the_page_has_this_table() -> None:
    assert table() in PAGE.read_text("utf-8"), "python -m tests.signon.attempts prints it"
