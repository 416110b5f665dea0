"""A run as people watch it: a live panel on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from automl.errors import one_line
from automl.progress import Event, Listener, silent
from automl.report.panel import Panel

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def watching(stream: IO[str], *, seconds: float, spent: Callable[[], float], quiet: bool) -> Iterator[Listener]:
    """A listener that writes to `stream` while the block runs.

    `seconds` is the budget, `spent()` what has passed of it. `quiet` writes nothing.
    """
    if quiet:
        yield silent
    elif _is_screen(stream):
        with _panel(stream, seconds, spent) as listener:
            yield listener
    else:
        yield Lines(stream=stream, spent=spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """One plain line for each event, with the seconds since the start."""

    stream: IO[str]
    spent: Callable[[], float]

    def __call__(self, event: Event) -> None:
        """Write the line at once, so that a log that is followed stays current."""
        self.stream.write(f"{self.spent():6.1f}s  {event.stage:<8}  {one_line(event.text)}\n")
        self.stream.flush()


@contextmanager
def _panel(stream: IO[str], seconds: float, spent: Callable[[], float]) -> Iterator[Listener]:
    from rich.console import Console
    from rich.live import Live

    console = Console(file=stream)
    panel = Panel(seconds=seconds, spent=spent)
    with Live(panel, console=console, refresh_per_second=4, transient=True):
        yield _story(panel, console)


def _story(panel: Panel, console: Console) -> Listener:
    """The panel, and above it a line that stays for each event but the many of the search."""
    from rich.table import Table
    from rich.text import Text

    def listen(event: Event) -> None:
        panel(event)
        if event.stage != "search":
            row = Table.grid(padding=(0, 2))  # so that a long text is folded beside its time, not below it
            row.add_row(Text(f"{panel.spent():6.1f}s", style="dim"), Text(one_line(event.text)))
            console.print(row)

    return listen


def _is_screen(stream: IO[str]) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"
