"""Bars side by side over an axis of numbers or of days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from automl.figures.marks import LETTER, NARROW, Box, Figure, Line, Mark, Word, spread, table
from automl.figures.scales import Linear, number

TOP, HEIGHT, LEFT, RIGHT = 8.0, 120.0, 48.0, 12.0
FEW: Final = 3  # ticks of rows


def histogram(
    title: str,
    note: str,
    edges: Sequence[str],
    counts: Sequence[int],
    *,
    beyond: tuple[int, int] = (0, 0),
    width: float = NARROW,
) -> Figure:
    """So many rows between neighbouring `edges` (as people write them); `beyond` are those below and above."""
    most = max(counts, default=0) or 1
    y = Linear(low=0.0, high=float(most), start=TOP + HEIGHT, end=TOP)
    x = Linear(low=0.0, high=float(max(1, len(counts))), start=LEFT, end=width - RIGHT)
    marks: list[Mark] = [*_rows_axis(y, width)]
    for place, count in enumerate(counts):
        tip = f"{edges[place]} to {edges[place + 1]}: {count:,} rows"
        left, right = x(place), x(place + 1)
        size = max(1.0, y(0.0) - y(count)) if count else 0.0
        marks.append(Box(x=left, y=y(0.0) - size, width=max(1.0, right - left - 1.0), height=size, tip=tip))
    marks += [Line(x1=LEFT, y1=y(0.0), x2=width - RIGHT, y2=y(0.0), kind="axis"), *_edges(x, edges)]
    between = zip(edges, edges[1:], counts, strict=False)
    rows = [(f"{low} to {high}", f"{count:,}") for low, high, count in between]
    rows = [*_beyond(f"below {edges[0]}", beyond[0]), *rows, *_beyond(f"above {edges[-1]}", beyond[1])]
    return Figure(
        title=title,
        note=note,
        width=width,
        height=TOP + HEIGHT + 24.0,
        marks=tuple(marks),
        table=table(("", "rows"), rows),
    )


def _beyond(name: str, count: int) -> list[tuple[str, str]]:
    return [(name, f"{count:,}")] if count else []


def _rows_axis(y: Linear, width: float) -> Iterator[Mark]:
    for tick in y.ticks(FEW):
        yield Line(x1=LEFT, y1=y(tick), x2=width - RIGHT, y2=y(tick), kind="grid")
        yield Word(x=LEFT - 6.0, y=y(tick) + 4.0, text=number(tick), anchor="end", kind="tick")


def _edges(x: Linear, edges: Sequence[str]) -> Iterator[Word]:
    """As many edges as there is room for, the first and the last among them."""
    longest = max(map(len, edges), default=1)
    room = int((x.end - x.start) // (LETTER * (longest + 3))) or 1
    for place, anchor in spread(len(edges) - 1, room).items():
        yield Word(x=x(place), y=TOP + HEIGHT + 16.0, text=edges[place], anchor=anchor, kind="tick")
