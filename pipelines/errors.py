"""Errors that are told to people: what is wrong, where, and what to do."""

from __future__ import annotations


class OutcomesError(Exception):
    """Something a person can act on; `what` is wrong, `where`, and a `hint` what to do."""

    def __init__(self, what: str, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        return f"{first}\n{self.hint}" if self.hint else first


class HomeLocked(OutcomesError):
    """Another process is writing in the data home."""


class UsageError(OutcomesError):
    """The command was called in a way that cannot work."""


class Refusal(OutcomesError):
    """A whole file is refused: nothing of it is kept but the reason."""

    def __init__(self, file: str, place: str | None, reason: str, hint: str | None = None) -> None:
        super().__init__(reason, where=f"{file}, {place}" if place else file, hint=hint)
        self.file, self.place, self.reason = file, place, reason
