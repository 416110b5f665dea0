"""Lines over two axes of numbers, with a band or dots, and a line to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from automl.figures.marks import NARROW, Dot, Figure, Line, Mark, Path, Table, Word, table
from automl.figures.scales import Linear, number

TOP, LEFT, RIGHT, HEIGHT = 12.0, 58.0, 14.0, 220.0
TICKS: Final = 5
DOTS: Final = 25  # points beyond which a line needs no dots
MOST_ROWS: Final = 60  # of the table; of more points some are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place on both axes; `low` and `high` are the ends of its interval, NaN without one."""

    x: float
    y: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """What stands on both axes; `ends` are those of x and y where the points do not say (low, high, low, high)."""

    x: str
    y: str
    ends: tuple[float, float, float, float] | None = None


def lines(
    title: str,
    note: str,
    found: Sequence[Point],
    axes: Axes,
    *,
    compare: Sequence[tuple[float, float]] = (),
    marked: Sequence[tuple[float, float, str]] = (),
    width: float = NARROW,
) -> Figure:
    """One line through the points in their order; `compare` is a second, paler one, `marked` are places with a name."""
    x, y = _scales(found, axes, compare, marked, width)
    marks: list[Mark] = [*_axes(x, y, axes, width)]
    if compare:
        marks.append(Path(points=tuple((x(a), y(b)) for a, b in compare), kind="soft"))
    band = [one for one in found if math.isfinite(one.low + one.high)]
    upper, lower = [(x(one.x), y(one.high)) for one in band], [(x(one.x), y(one.low)) for one in reversed(band)]
    marks += [Path(points=(*upper, *lower), filled=True)] if len(band) > 1 else []
    marks.append(Path(points=tuple((x(one.x), y(one.y)) for one in found)))
    if len(found) <= DOTS:
        marks += [Dot(x=x(one.x), y=y(one.y), radius=3.0, tip=f"{number(one.x)}: {number(one.y)}") for one in found]
    for at, height, name in marked:
        marks.append(Dot(x=x(at), y=y(height), kind="ours", tip=name))
        left = x(at) > width / 2
        marks.append(
            Word(x=x(at) + (-8.0 if left else 8.0), y=y(height) - 8.0, text=name, anchor="end" if left else "start")
        )
    return Figure(
        title=title, note=note, width=width, height=TOP + HEIGHT + 40.0, marks=tuple(marks), table=_table(found, axes)
    )


def _scales(
    found: Sequence[Point],
    axes: Axes,
    compare: Sequence[tuple[float, float]],
    marked: Sequence[tuple[float, float, str]],
    width: float,
) -> tuple[Linear, Linear]:
    across = [*(one.x for one in found), *(a for a, _ in compare), *(a for a, _, _ in marked)]
    up = [v for one in found for v in (one.y, one.low, one.high) if math.isfinite(v)]
    up += [*(b for _, b in compare), *(b for _, b, _ in marked)]
    pad = 0.06 * (max(up, default=1.0) - min(up, default=0.0)) or 0.5
    ends = axes.ends or (
        min(across, default=0.0),
        max(across, default=1.0),
        min(up, default=0.0) - pad,
        max(up, default=1.0) + pad,
    )
    return (
        Linear(low=ends[0], high=ends[1], start=LEFT, end=width - RIGHT),
        Linear(low=ends[2], high=ends[3], start=TOP + HEIGHT, end=TOP),
    )


def _axes(x: Linear, y: Linear, axes: Axes, width: float) -> Iterator[Mark]:
    for tick in y.ticks(TICKS):
        yield Line(x1=LEFT, y1=y(tick), x2=width - RIGHT, y2=y(tick), kind="grid")
        yield Word(x=LEFT - 6.0, y=y(tick) + 4.0, text=number(tick), anchor="end", kind="tick")
    for tick in x.ticks(TICKS):
        yield Line(x1=x(tick), y1=TOP, x2=x(tick), y2=TOP + HEIGHT, kind="grid")
        yield Word(x=x(tick), y=TOP + HEIGHT + 16.0, text=number(tick), anchor="middle", kind="tick")
    yield Line(x1=LEFT, y1=TOP + HEIGHT, x2=width - RIGHT, y2=TOP + HEIGHT, kind="axis")
    yield Word(x=(LEFT + width - RIGHT) / 2, y=TOP + HEIGHT + 34.0, text=axes.x, anchor="middle", kind="tick")
    yield Word(x=12.0, y=TOP + HEIGHT / 2, text=axes.y, anchor="middle", kind="tick", turned=True)


def _table(found: Sequence[Point], axes: Axes) -> Table:
    step = -(-len(found) // MOST_ROWS)
    told = [*found[::step], *found[-1:]] if step > 1 else found
    wide = any(math.isfinite(one.low) for one in found)
    rows = [
        (number(one.x), number(one.y), *((f"{number(one.low)} to {number(one.high)}",) if wide else ())) for one in told
    ]
    return table((axes.x, axes.y, *(("interval",) if wide else ())), rows)
