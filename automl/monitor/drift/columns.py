"""How far each column of a window moved from the training rows, for sure; and whether a slip of the pen explains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from automl.monitor.drift.bounds import Care, variation
from automl.monitor.drift.reference import Levels, Numbers, Reference, shares_of

EXPLAINED = 1 / 3  # of a distance at most is left where a slip of the pen explains it
SWAPPED = 12  # levels of which two are tried to be exchanged
FACTORS: Mapping[float, str] = {
    10.0: "10",
    100.0: "100 (a share in percent, cents)",
    1000.0: "1,000",
    1e6: "a million",
    60.0: "60 (minutes, seconds)",
    3600.0: "3,600 (hours, seconds)",
    24.0: "24 (days, hours)",
    12.0: "12 (years, months)",
    7.0: "7 (weeks, days)",
    2.54: "2.54 (inches, centimetres)",
    3.280839895: "3.28 (metres, feet)",
    1.609344: "1.61 (miles, kilometres)",
    2.204622622: "2.2 (kilograms, pounds)",
}
"""By what a number is multiplied or divided where its unit changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A column that moved: the `distance` that was seen, its lower bound, and the slip that would explain it."""

    column: str
    distance: float
    least: float
    levels: bool
    slip: str | None = None


def moved(wire: pl.DataFrame, references: Mapping[str, Reference], care: Care, *, delta: float) -> Iterator[Moved]:
    """The columns of a window in wire types whose distance is surely more than `delta`, the farthest first."""
    found = [each for name, known in references.items() if (each := _moved(wire[name], known, care, delta))]
    yield from sorted(found, key=lambda each: -each.least)


def words_of(cells: pl.Series) -> pl.Series:
    """The number of words of each text [n]."""
    return cells.str.count_matches(r"\S+").cast(pl.Float64).alias(cells.name)


def _moved(cells: pl.Series, known: Reference, care: Care, delta: float) -> Moved | None:
    if isinstance(known, Levels):
        shares = known.beside(cells)
        distance, least = variation(shares), care.of_levels(shares)
    else:
        cells = words_of(cells) if cells.dtype == pl.String else cells
        distance = known.distance(cells.to_numpy())
        least = care.of_numbers(distance)
    if least <= delta:
        return None
    slip = _swapped(cells, known, distance) if isinstance(known, Levels) else _scaled(cells, known, distance)
    return Moved(column=cells.name, distance=distance, least=least, levels=isinstance(known, Levels), slip=slip)


def _scaled(cells: pl.Series, known: Numbers, distance: float) -> str | None:
    """Whether the numbers look as they did once they are divided by a factor, or multiplied by it."""
    values = cells.to_numpy()
    tried = {**{f: f"multiplied by {say}" for f, say in FACTORS.items()}, -1.0: "turned negative"}
    tried |= {1 / factor: f"divided by {said}" for factor, said in FACTORS.items()}
    left = {factor: known.distance(values / factor) for factor in tried}
    best = min(left, key=left.__getitem__)
    return f"as if all values were {tried[best]}" if left[best] <= EXPLAINED * distance else None


def _swapped(cells: pl.Series, known: Levels, distance: float) -> str | None:
    """Whether the levels lie as they did once two of them are exchanged."""
    now = shares_of(cells)
    pooled = known.pooled
    gain = {
        (a, b): abs(pooled[a] - now.get(a, 0.0))
        + abs(pooled[b] - now.get(b, 0.0))
        - abs(pooled[a] - now.get(b, 0.0))
        - abs(pooled[b] - now.get(a, 0.0))
        for a, b in combinations([level for level in pooled if level][:SWAPPED], 2)
    }
    best = max(gain, key=gain.__getitem__, default=None)
    if best is None or distance - gain[best] / 2 > EXPLAINED * distance:
        return None
    return f"as if {best[0]!r} and {best[1]!r} were exchanged"
