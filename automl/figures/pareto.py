"""What is good against what is cheap, and the front that nobody beats in both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from automl.figures.marks import WIDE, Dot, Figure, Line, Mark, Word, table
from automl.figures.scales import Linear, Log, decades

LEFT, RIGHT, TOP, BOTTOM = 60.0, WIDE - 130.0, 36.0, 336.0
HEIGHT: Final = 13.0  # of a name
REACH: Final = 110.0  # of a name to the right


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A name with its `rank` (1 is the best) and its `cost`, above 0."""

    name: str
    rank: float
    cost: float
    kind: str = ""


def pareto(title: str, note: str, found: Sequence[Candidate], *, unit: str, worst: float) -> Figure:
    """Rank (best at the top, `worst` at the bottom) against a cost on a logarithmic axis; the front is of steps."""
    low, high = decades(min(one.cost for one in found), max(one.cost for one in found))
    x = Log(low=low, high=high, start=LEFT, end=RIGHT)
    y = Linear(low=1.0, high=max(worst, 1.0 + 1e-9), start=TOP, end=BOTTOM)
    marks: list[Mark] = [*_axes(x, y, unit, worst)]
    for before, after in pairwise(sorted(_front(found), key=lambda one: one.cost)):
        marks.append(Line(x1=x(before.cost), y1=y(before.rank), x2=x(after.cost), y2=y(before.rank), kind="front"))
        marks.append(Line(x1=x(after.cost), y1=y(before.rank), x2=x(after.cost), y2=y(after.rank), kind="front"))
    for one in found:
        tip = f"{one.name}: rank {one.rank:.2f}, {one.cost:.3g}"
        marks.append(Dot(x=x(one.cost), y=y(one.rank), kind=one.kind, tip=tip))
    marks += _labels([(x(one.cost), y(one.rank), one) for one in found])
    rows = [(one.name, f"{one.rank:.2f}", f"{one.cost:.3g}") for one in found]
    return Figure(
        title=title,
        note=note,
        width=WIDE,
        height=BOTTOM + 54,
        marks=tuple(marks),
        table=table(("name", "mean rank", unit), rows),
    )


def _axes(x: Log, y: Linear, unit: str, worst: float) -> Iterator[Mark]:
    yield Line(x1=LEFT, y1=BOTTOM + 10, x2=RIGHT, y2=BOTTOM + 10, kind="axis")
    yield Word(x=(LEFT + RIGHT) / 2, y=BOTTOM + 44, text=unit, anchor="middle", kind="tick")
    yield Word(x=LEFT - 20, y=14, text="mean rank", kind="tick")
    for tick, text in x.ticks():
        yield Line(x1=x(tick), y1=TOP, x2=x(tick), y2=BOTTOM + 10, kind="grid")
        if text:
            yield Word(x=x(tick), y=BOTTOM + 26, text=text, anchor="middle", kind="tick")
    for rank in range(1, math.floor(worst) + 1):
        yield Line(x1=LEFT, y1=y(rank), x2=RIGHT, y2=y(rank), kind="grid")
        yield Word(x=LEFT - 10, y=y(rank) + 4, text=str(rank), anchor="end", kind="tick")


def _front(found: Sequence[Candidate]) -> Iterator[Candidate]:
    for one in found:
        if not any(
            other.rank <= one.rank and other.cost <= one.cost and (other.rank, other.cost) != (one.rank, one.cost)
            for other in found
        ):
            yield one


def _labels(points: Sequence[tuple[float, float, Candidate]]) -> Iterator[Word]:
    """Names beside their dots, moved down where two would lie over each other."""
    taken: list[tuple[float, float]] = []
    for x, y, one in sorted(points, key=lambda point: (point[1], point[0])):
        at = y + 4
        while any(abs(at - other) < HEIGHT and abs(x - there) < REACH for there, other in taken):
            at += 4
        taken.append((x, at))
        yield Word(x=x + 9, y=at, text=one.name, kind=one.kind)
