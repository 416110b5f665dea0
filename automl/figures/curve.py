"""A line over stretches of time, with a band around it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from automl.figures.marks import LETTER, NARROW, Dot, Figure, Line, Mark, Path, Word, spread, table
from automl.figures.scales import Linear, number

TOP, HEIGHT, LEFT, RIGHT = 10.0, 120.0, 52.0, 12.0
FEW: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A value at a place that is called `name`, between `low` and `high`; NaN where there is none."""

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan


def curve(
    title: str,
    note: str,
    found: Sequence[Step],
    *,
    header: tuple[str, str, str, str],
    percent: bool = False,
    width: float = NARROW,
) -> Figure:
    """A line through the values, a band where both ends are known. `percent`: values are shares of 1."""
    ends = [value for step in found for value in (step.value, step.low, step.high) if math.isfinite(value)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    pad = 0.08 * (high - low) or 0.5 * abs(high) or 0.5
    y = Linear(low=low - pad, high=high + pad, start=TOP + HEIGHT, end=TOP)
    x = Linear(low=0.0, high=float(max(1, len(found) - 1)), start=LEFT + 4.0, end=width - RIGHT)
    marks: list[Mark] = [*_axis(y, width, percent)]
    marks += _band(found, x, y)
    points = tuple((x(place), y(step.value)) for place, step in enumerate(found) if math.isfinite(step.value))
    marks.append(Path(points=points))
    for place, step in enumerate(found):
        if math.isfinite(step.value):
            marks.append(Dot(x=x(place), y=y(step.value), radius=3.0, tip=f"{step.name}: {_told(step.value, percent)}"))
    marks += [Line(x1=LEFT, y1=TOP + HEIGHT, x2=width - RIGHT, y2=TOP + HEIGHT, kind="axis"), *_names(found, x)]
    rows = [(one.name, *(_told(value, percent) for value in (one.value, one.low, one.high))) for one in found]
    return Figure(
        title=title, note=note, width=width, height=TOP + HEIGHT + 24.0, marks=tuple(marks), table=table(header, rows)
    )


def _axis(y: Linear, width: float, percent: bool) -> Iterator[Mark]:
    for tick in y.ticks(FEW):
        yield Line(x1=LEFT, y1=y(tick), x2=width - RIGHT, y2=y(tick), kind="grid")
        yield Word(x=LEFT - 6.0, y=y(tick) + 4.0, text=_told(tick, percent), anchor="end", kind="tick")


def _band(found: Sequence[Step], x: Linear, y: Linear) -> Iterator[Path]:
    known = [(place, step) for place, step in enumerate(found) if math.isfinite(step.low + step.high)]
    if len(known) > 1:
        upper = [(x(place), y(step.high)) for place, step in known]
        lower = [(x(place), y(step.low)) for place, step in reversed(known)]
        yield Path(points=(*upper, *lower), filled=True)


def _names(found: Sequence[Step], x: Linear) -> Iterator[Word]:
    longest = max((len(step.name) for step in found), default=1)
    room = int((x.end - x.start) // (LETTER * (longest + 4))) or 1
    for place, anchor in spread(len(found) - 1, room).items() if found else ():
        yield Word(x=x(place), y=TOP + HEIGHT + 16.0, text=found[place].name, anchor=anchor, kind="tick")


def _told(value: float, percent: bool) -> str:
    if not math.isfinite(value):
        return ""
    return f"{100 * value:.3g}%" if percent else number(value)
