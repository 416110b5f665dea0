"""From a number to its place on an axis, and the round numbers that stand beside the axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STEPS: Final = (1.0, 2.0, 5.0, 10.0)
PARTS: Final = (1.0, 2.0, 5.0)  # of a decade
MOST: Final = 6  # ticks that a reader takes in
MORE: Final = 4  # steps that are tried, each shorter
FEW_DECADES: Final = 2
LONG: Final = 10_000.0  # from here on a tick is told in thousands
UNITS: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Numbers from `low` to `high` as places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value; all are in the middle where there is one value only."""
        if self.high == self.low:
            return (self.start + self.end) / 2.0
        share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)  # halves: no overflow
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def ticks(self, most: int = MOST) -> list[float]:
        """Round numbers between both ends: two at least, where there are two, so that they say how far is how much."""
        found = [round_ticks(self.low, self.high, room) for room in range(most, most + MORE)]
        return next((ticks for ticks in found if len(ticks) > 1), found[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """As `Linear`, where each factor of ten is as wide as any other; `low` is above 0."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value above 0."""
        return self.start + (self.end - self.start) * math.log10(value / self.low) / math.log10(self.high / self.low)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Places of the decades and of their parts, with the text of those that there is room for."""
        few = self.high / self.low <= 10.0**FEW_DECADES
        for decade in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1):
            for part in PARTS:
                tick = float(f"{part * 10.0**decade:.6g}")
                if self.low <= tick <= self.high:
                    yield tick, f"{tick:g}" if few or part == 1.0 else ""


def decades(low: float, high: float) -> tuple[float, float]:
    """The powers of ten around two numbers above 0."""
    return 10.0 ** math.floor(math.log10(low) - 0.05), 10.0 ** math.ceil(math.log10(high) + 0.05)


def round_ticks(low: float, high: float, most: int = MOST) -> list[float]:
    """At most `most` + 1 multiples of one round step between two numbers (Heckbert 1990, Graphics Gems).

    >>> round_ticks(0.0, 1.0, 5), round_ticks(3.0, 3.0)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [3.0])
    """
    span = high / most - low / most
    if not (math.isfinite(span) and span > 0):
        return [low]
    unit = 10.0 ** math.floor(math.log10(span))
    step = next(part * unit for part in STEPS if part * unit >= span * (1.0 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]


def number(value: float) -> str:
    """A number as it stands beside an axis or in a sentence.

    >>> number(0.25), number(12500.0), number(3_400_000.0), number(-0.0)
    ('0.25', '12.5k', '3.4M', '0')
    """
    if not math.isfinite(value):
        return "–"  # noqa: RUF001  # an en dash is how people write none
    if LONG <= abs(value) < 1e15:  # noqa: PLR2004  # beyond, an exponent is shorter
        size, unit = next((size, unit) for size, unit in UNITS if abs(value) >= size)
        return f"{value / size:.4g}{unit}"
    return f"{value + 0.0:.4g}"
