"""A run as people watch it: a live panel on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from automl.errors import one_line
from automl.progress import Event, Listener, Stage, silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

DOING: Final[Mapping[Stage, str]] = {
    "read": "reading",
    "audit": "looking for faults",
    "split": "setting test aside",
    "features": "making features",
    "search": "searching",
    "refit": "fitting on all rows",
    "decide": "deciding by money",
    "bundle": "writing the bundle",
    "repair": "keeping the limits",
    "gates": "measuring limits",
    "done": "done",
}

MONEY: Final = "saves {:,.6g} {} per 1,000 rows, before calibration"


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


@dataclass(kw_only=True)
class Panel:
    """The state of the live display; rich draws it a few times a second."""

    seconds: float
    spent: Callable[[], float]
    stage: Stage = "read"
    text: str = ""
    facts: dict[str, object] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        """Take in what happened; the next drawing shows it."""
        self.stage, self.text = event.stage, one_line(event.text)
        self.facts.update(event.facts)

    def __rich__(self) -> Table:
        """Budget left, trials, best score and its money, and what is happening."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in self.rows():
            table.add_row(name, Text(value))
        return table

    def rows(self) -> Iterator[tuple[str, str]]:
        """The lines of the panel; what is not known yet is left out."""
        left = max(0.0, self.seconds - self.spent())
        yield "left", f"{clock(left)} of {clock(self.seconds)}"
        for name, form in (("trials", "{}"), ("best", "{:.5g}"), ("money", MONEY)):
            value = self.facts.get(name)
            if isinstance(value, int | float):
                yield name, form.format(value, self.facts.get("currency", ""))
        # the text of any other stage stands as a line above
        yield "now", f"{DOING[self.stage]}: {self.text}" if self.stage == "search" else DOING[self.stage]


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(75)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


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
