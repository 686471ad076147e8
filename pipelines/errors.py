"""Errors that are told to people: what is wrong, where, and what to do."""

from __future__ import annotations


class OutcomesError(Exception):
    """Something a person can act on; `what` is wrong, `where`, and a `hint` what to do."""

    def __init__(self, what: str, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.hint:
            parts.append(self.hint)
        return "\n".join(parts)
