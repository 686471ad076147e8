"""What the command prints: messages, and a progress bar for long work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str, error: bool = False) -> None:
    """A line for people; errors go to stderr."""
    (ERR if error else OUT).print(text)


class Rate(ProgressColumn):
    """Records a second, once it is known."""

    def render(self, task: Task) -> Text:
        """The rate as text; empty at the start."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextlib.contextmanager
def bar(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A progress callback (what, done, of how many), shown on stderr of a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        Rate(),
        TimeRemainingColumn(),
    )
    shown = Progress(*columns, console=ERR, transient=True, disable=quiet or not ERR.is_terminal)
    with shown:
        tasks: dict[str, object] = {}

        def advance(what: str, done: int, total: int) -> None:
            label = what if what.startswith(("checking", "reading")) else "building"
            if label not in tasks:
                tasks[label] = shown.add_task(label, total=max(total, 1))
            shown.update(
                tasks[label],  # type: ignore[arg-type]
                completed=done,
                total=max(total, done, 1),
                description=what,
            )

        yield advance
