"""Dots with their intervals, a line for each name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from automl.figures.marks import BOLD, BOLD_KINDS, LETTER, WIDE, Dot, Figure, Line, Mark, Word, shortened, table
from automl.figures.scales import Linear, number

ROW: Final = 22.0
SHARE: Final = 0.46  # of the width, for names, at most
MARGIN: Final = 0.06  # of the span, beyond both ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value between `low` and `high`, NaN where it has no interval; `text` is how it is told."""

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    kind: str = ""
    text: str = ""

    @property
    def told(self) -> str:
        """The value in words."""
        return self.text or number(self.value)

    @property
    def interval(self) -> str:
        """The interval in words, empty without one."""
        return f"{number(self.low)} to {number(self.high)}" if math.isfinite(self.low + self.high) else ""


def intervals(
    title: str,
    note: str,
    found: Sequence[Estimate],
    *,
    header: tuple[str, str, str],
    width: float = WIDE,
    at: float | None = None,
) -> Figure:
    """A dot with its interval for each estimate, in their order; a dashed line stands `at` a value to compare with.

    `header` names the columns of the table: what the names are, the value, the interval, "" for none of these.
    """
    ends = [value for one in found for value in (one.value, one.low, one.high) if math.isfinite(value)]
    ends += [] if at is None else [at]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    pad = MARGIN * (high - low) or 0.5 * abs(high) or 0.5
    names = min(SHARE * width, 20.0 + max((_letter(one) * len(one.name) for one in found), default=0.0))
    values = max((len(one.told) for one in found), default=0) * LETTER + 16.0
    x = Linear(low=low - pad, high=high + pad, start=names, end=width - values)
    bottom = 16.0 + ROW * len(found)
    marks: list[Mark] = [*_axis(x, bottom), *(_at(x, at, bottom) if at is not None else ())]
    for place, one in enumerate(found):
        marks += _row(one, x, 20.0 + ROW * place)
    told = [name for name in header if name]  # where nothing has an interval there is no column of them
    rows = [(one.name, one.told, one.interval)[: len(told)] for one in found]
    return Figure(
        title=title, note=note, width=width, height=bottom + 26.0, marks=tuple(marks), table=table(told, rows)
    )


def _axis(x: Linear, bottom: float) -> Iterator[Mark]:
    yield Line(x1=x.start, y1=bottom, x2=x.end, y2=bottom, kind="axis")
    for tick in x.ticks(max(2, int((x.end - x.start) // 64))):
        yield Line(x1=x(tick), y1=8.0, x2=x(tick), y2=bottom, kind="grid")
        yield Word(x=x(tick), y=bottom + 16.0, text=number(tick), anchor="middle", kind="tick")


def _at(x: Linear, at: float, bottom: float) -> Iterator[Mark]:
    yield Line(x1=x(at), y1=8.0, x2=x(at), y2=bottom, kind="zero")


def _row(one: Estimate, x: Linear, y: float) -> Iterator[Mark]:
    letters = int((x.start - 12.0) // _letter(one))
    yield Word(x=x.start - 12.0, y=y + 4.0, text=shortened(one.name, letters), anchor="end", kind=one.kind or "word")
    if one.interval:
        yield Line(x1=x(one.low), y1=y, x2=x(one.high), y2=y, kind=f"whisker {one.kind}".rstrip())
    tip = f"{one.name}: {one.told}" + (f" ({one.interval})" if one.interval else "")
    if math.isfinite(one.value):
        yield Dot(x=x(one.value), y=y, kind=one.kind, tip=tip)
    yield Word(x=x.end + 10.0, y=y + 4.0, text=one.told, kind="tick")


def _letter(one: Estimate) -> float:
    """How wide a letter of its name is."""
    return BOLD if one.kind in BOLD_KINDS else LETTER
