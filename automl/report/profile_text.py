"""A profile in a few lines for a terminal: what it is, what money says, what was found, what tells most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Final

from automl.errors import one_line
from automl.explore.profile import ColumnProfile, Profile
from automl.report.explored import money_words, summary

if TYPE_CHECKING:
    from rich.table import Table

BEST: Final = 12  # columns that are shown
FOUND: Final = 12  # findings
WIDTH: Final = 100  # where the stream is no terminal


def print_profile(profile: Profile, stream: IO[str]) -> None:
    """Write the short version to `stream`, with colours where it is a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False)
    console.print(Text(one_line(summary(profile)), style="bold"))
    for sentence in _sentences(profile):
        console.print(Text(one_line(sentence)))
    console.print(_table(profile))
    left = len(profile.columns) - BEST
    if left > 0:
        console.print(Text(f"and {left:,} more columns", style="dim"))


def _sentences(profile: Profile) -> Iterator[str]:
    yield from profile.notes
    if profile.split:
        yield profile.split
    yield from money_words(profile.money) if profile.money else ()
    yield from (f"- {finding.text}" for finding in profile.findings[:FOUND])
    if len(profile.findings) > FOUND:
        yield f"and {len(profile.findings) - FOUND:,} more findings"


def _table(profile: Profile) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    measure = [profile.target.measure] if profile.target else []
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("column", overflow="fold")
    for name in ("read as", "missing", "values", *measure):
        table.add_column(name, justify="right")
    table.add_column("used as", overflow="fold")
    for column in _best(profile):
        table.add_row(*(Text(one_line(cell)) for cell in _cells(column, scored=bool(measure))))
    return table


def _best(profile: Profile) -> list[ColumnProfile]:
    """The columns that are shown first on the page, too."""
    by_name = {column.name: column for column in profile.columns}
    return [by_name[name] for name in profile.shown[:BEST]]


def _cells(column: ColumnProfile, *, scored: bool) -> tuple[str, ...]:
    return (
        column.name,
        column.wire,
        "" if column.missing is None else f"{100 * column.missing:.3g}%",
        "" if column.distinct is None else f"{column.distinct:,}",
        *(["" if column.score is None else f"{column.score:.3f}"] if scored else []),
        "feature" if column.feature else column.role,
    )
