"""The grammar of a rule's `when`: parsed once, everything else refused, three values everywhere.

A condition joins items and named predicates with ``and``, ``or``, ``not`` and brackets.
Truth values are ``True``, ``False`` and ``None`` (unknown), combined by strong Kleene logic:
``not`` swaps, ``and`` is the minimum and ``or`` the maximum under no < unknown < yes.
The same tree is written as SQL, where NULL behaves in just this way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

Truth = bool | None

TOKEN = re.compile(r"\s*(?:(?P<word>[a-z][a-z0-9_]*)|(?P<sign>[()])|(?P<other>\S))")
# Nobody reads more, and a parser that recurses must stop somewhere.
DEEPEST = 50
KEYWORDS = frozenset({"and", "or", "not", "true", "false"})


class ConditionError(ValueError):
    """A condition outside the grammar; the message names the place."""


@dataclass(frozen=True)
class Atom:
    """An item, a predicate or ``developed(item)``; `name` is its column."""

    name: str
    call: str | None = None

    @property
    def column(self) -> str:
        """The column that holds the atom's value: `developed(x)` is `developed_x`."""
        return f"{self.call}_{self.name}" if self.call else self.name

    def __str__(self) -> str:
        return f"{self.call}({self.name})" if self.call else self.name


@dataclass(frozen=True)
class Not:
    """Negation."""

    part: Condition

    def __str__(self) -> str:
        return f"not {_wrapped(self.part)}"


@dataclass(frozen=True)
class And:
    """Conjunction of two or more parts."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " and ".join(_wrapped(p) for p in self.parts)


@dataclass(frozen=True)
class Or:
    """Disjunction of two or more parts."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(_wrapped(p) for p in self.parts)


Condition = Atom | Not | And | Or


def _wrapped(part: Condition) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def parse(text: str) -> Condition:
    """Read a condition; raise ConditionError with the position of what is not understood."""
    return _Parser(text).read()


class _Parser:
    """Recursive descent: or_ := and_ ('or' and_)*, and_ := unit ('and' unit)*."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.tokens: list[tuple[str, int]] = []
        for match in TOKEN.finditer(text.rstrip()):
            if match["other"]:
                at = match.start("other")
                raise ConditionError(
                    f"character {at + 1} of '{_near(text, at)}': "
                    f"'{match['other']}' is not allowed; use items, predicates, "
                    "and, or, not and brackets"
                )
            group = "word" if match["word"] else "sign"
            self.tokens.append((match[group], match.start(group)))
        self.place = 0

    def read(self) -> Condition:
        tree = self.either()
        if self.place < len(self.tokens):
            self.fail("nothing more is expected here")
        return tree

    def either(self) -> Condition:
        self.depth += 1
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Condition:
        parts = [self.unit()]
        while self.take("and"):
            parts.append(self.unit())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def unit(self) -> Condition:
        if self.depth > DEEPEST:
            self.fail(f"more than {DEEPEST} brackets or 'not' inside each other")
        if self.take("not"):
            self.depth += 1
            inner = Not(self.unit())
            self.depth -= 1
            return inner
        if self.take("("):
            bracketed = self.either()
            self.need(")")
            return bracketed
        word = self.word()
        if self.take("("):
            name = self.word()
            self.need(")")
            return Atom(name, call=word)
        return Atom(word)

    def word(self) -> str:
        if self.place < len(self.tokens):
            token = self.tokens[self.place][0]
            if token not in KEYWORDS and token not in "()":
                self.place += 1
                return token
        self.fail("an item or a predicate is expected here")

    def take(self, token: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place][0] == token:
            self.place += 1
            return True
        return False

    def need(self, token: str) -> None:
        if not self.take(token):
            self.fail(f"'{token}' is expected here")

    def fail(self, why: str) -> NoReturn:
        at = self.tokens[self.place][1] + 1 if self.place < len(self.tokens) else len(self.text) + 1
        raise ConditionError(f"character {at} of '{_near(self.text, at)}': {why}")


def _near(text: str, at: int, width: int = 60) -> str:
    """The text, or what stands around a place in it where it is long."""
    if len(text) <= 2 * width:
        return text
    start = max(0, at - width)
    return f"{'…' if start else ''}{text[start : at + width]}…"


def negation(value: Truth) -> Truth:
    """Kleene NOT."""
    return None if value is None else not value


def conjunction(values: list[Truth]) -> Truth:
    """Kleene AND: no if any is no, else unknown if any is unknown, else yes."""
    return False if False in values else None if None in values else True


def disjunction(values: list[Truth]) -> Truth:
    """Kleene OR: yes if any is yes, else unknown if any is unknown, else no."""
    return True if True in values else None if None in values else False


def evaluate(tree: Condition, values: Mapping[str, Truth]) -> Truth:
    """Value of a condition; `values` maps each atom's column to yes, no or unknown."""
    match tree:
        case Atom():
            return values[tree.column]
        case Not(part):
            return negation(evaluate(part, values))
        case And(parts):
            return conjunction([evaluate(p, values) for p in parts])
        case Or(parts):
            return disjunction([evaluate(p, values) for p in parts])


def to_sql(tree: Condition, prefix: str = "") -> str:
    """The condition as an SQL expression over columns `prefix` + atom column."""
    match tree:
        case Atom():
            return prefix + tree.column
        case Not(part):
            return f"(not {to_sql(part, prefix)})"
        case And(parts):
            return "(" + " and ".join(to_sql(p, prefix) for p in parts) + ")"
        case Or(parts):
            return "(" + " or ".join(to_sql(p, prefix) for p in parts) + ")"


def atoms(tree: Condition, positive: bool = True) -> Iterator[tuple[Atom, bool]]:
    """Every atom with its polarity: False where an odd number of `not` stands over it."""
    match tree:
        case Atom():
            yield tree, positive
        case Not(part):
            yield from atoms(part, not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from atoms(part, positive)


def decisive(tree: Condition, values: Mapping[str, Truth]) -> list[Atom]:
    """The atoms that settle the condition's value; for unknown, those that leave it open."""
    answer = evaluate(tree, values)
    match tree:
        case Atom():
            return [tree]
        case Not(part):
            return decisive(part, values)
        case And(parts) | Or(parts):
            settles = isinstance(tree, Or)
            chosen = [p for p in parts if evaluate(p, values) is answer]
            if answer is (not settles):
                chosen = list(parts)
            return [atom for part in chosen for atom in decisive(part, values)]
