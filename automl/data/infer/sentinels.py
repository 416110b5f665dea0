"""Numbers that stand for "missing": -999999 or 9999 where they lie apart from everything else in their column."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

NINES = tuple(float(10**digits - 1) for digits in range(2, 13))
KNOWN = frozenset(
    [sign * nines for nines in NINES for sign in (1.0, -1.0)]
    + [sign * (nines + part) for nines in NINES[1:4] for part in (0.9, 0.99) for sign in (1.0, -1.0)]
    + [float(2**31 - 1), float(-(2**31))]
)
APART = 10  # times as far from zero as all other values of its side
SEEN = 2  # rows; a number that stands once is an outlier
MOST = 3  # sentinels of one column
END_OF_TIME = 253_402_214_400_000_000.0  # 9999-12-31 in microseconds
LAST_REAL = 7_258_118_400_000_000.0  # 2200-01-01


def sentinels(numbers: pl.Series) -> tuple[float, ...]:
    """The sentinels among `numbers` (null and NaN are missing): written in nines, seen twice, far from all others."""
    marks: list[float] = []
    while len(marks) < MOST and (value := next(_candidates(numbers), None)) is not None:
        marks.append(value)
        numbers = numbers.filter(numbers != value)
    return tuple(sorted(marks))


def end_of_time(micros: pl.Series) -> tuple[float, ...]:
    """9999-12-31 where it means "no end": all other dates are before the year 2200."""
    known = micros.drop_nulls().drop_nans()
    rest = known.filter(known != END_OF_TIME)
    apart = len(rest) and len(rest) < len(known) and float(rest.max()) < LAST_REAL  # type: ignore[arg-type]  # of floats
    return (END_OF_TIME,) if apart else ()


def _candidates(numbers: pl.Series) -> Iterator[float]:
    for end in (numbers.max(), numbers.min()):
        if not isinstance(end, int | float) or float(end) not in KNOWN:
            continue
        rest = numbers.filter(numbers != end)
        if len(rest) == 0 or len(numbers) - numbers.null_count() - len(rest) < SEEN:
            continue
        nearest = rest.max() if end > 0 else rest.min()
        if isinstance(nearest, int | float) and abs(end) >= APART * max(1.0, nearest if end > 0 else -nearest):
            yield float(end)
