"""A background for explanations: synthetic rows that are distributed as the training rows, and are no row of a person.

Each column is drawn on its own from its bins and levels, at even places of its distribution, so that the few rows have
its shares (a Latin hypercube: McKay, Beckman and Conover 1979, Technometrics 21). Columns that tell much of each other
are drawn together, or the rows would be of nobody that could live; from combinations that enough rows have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.golden_cells import step_of
from automl.bundle.margins import BINS, bins_of, codes_of, standing
from automl.data.read.column_reader import Wire
from automl.data.read.frames import counted
from automl.data.rows import SEEN, Column
from automl.ops.bulk import as_floats

ROWS = 64
ROWS_OF_MANY = 32  # where there are more than `MANY` columns
MANY = 100  # columns: ties are looked for among the first so many
SAMPLE = 10_000  # rows that are looked at
COARSE = 10  # bins of a number that is drawn together with another column
TIED = 0.4  # of what is not known of a column, the other one tells at least so much
COVERED = 0.8  # of the rows off a column's most frequent level can still be drawn, or it is drawn apart

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Cell = float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coded:
    """A column as codes [n], -1 where the row's own must not be shown; `stand` gives the cell for rows of one code."""

    codes: Codes
    stand: Callable[[Codes], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Columns that are drawn together, and which of their combinations each row has [n]; -1 as in `_Coded`."""

    names: tuple[str, ...]
    codes: Codes

    def joined(self, other: _Group) -> _Group:
        """Both groups as one."""
        pairs = self.codes * (other.codes.max(initial=0) + 1) + other.codes
        _, codes = np.unique(pairs, return_inverse=True)
        unknown = (self.codes < 0) | (other.codes < 0)
        return _Group(names=(*self.names, *other.names), codes=np.where(unknown, -1, codes))


def background(
    frame: pl.DataFrame, columns: Sequence[Column], *, seed: int
) -> tuple[tuple[tuple[str, ...], ...], dict[str, tuple[Cell, ...]]]:
    """The groups of columns that are drawn together, and the cells of each column in wire types (None is missing).

    `frame` has the columns in wire types [n].
    """
    draw = np.random.default_rng(seed)
    sample = np.sort(draw.permutation(frame.height)[:SAMPLE])
    some = frame[sample]
    least = {column.name: max(SEEN, column.min_level) for column in columns}
    coarse = {column.name: _coded(some[column.name], column, draw, COARSE) for column in columns[:MANY]}
    groups = _groups(coarse, max(least.values(), default=SEEN))
    tied = {name for group in groups for name in group}
    alone = [column for column in columns if column.name not in tied]
    count = ROWS if len(columns) <= MANY else ROWS_OF_MANY
    drawn: dict[str, tuple[Cell, ...]] = {}
    for column in alone:
        drawn |= _drawn({column.name: _coded(some[column.name], column, draw)}, count, 1, draw)
    for group in groups:
        drawn |= _drawn({name: coarse[name] for name in group}, count, max(least[name] for name in group), draw)
    return groups, {column.name: drawn[column.name] for column in columns}


def _coded(values: pl.Series, column: Column, draw: np.random.Generator, most: int = BINS) -> _Coded:
    least = max(SEEN, column.min_level)
    if column.wire in {"number", "date", "flag"}:
        return _numbers(as_floats(values), column.wire, most, least)
    if column.wire == "text":
        return _texts(values, draw, least)
    counts = counted(values).filter(pl.col("count") >= least).sort("count", "value", descending=[True, False])
    place = {level: code for code, level in enumerate(counts["value"].to_list())}
    codes = np.array([place.get(level, -1) for level in values.to_list()], dtype=np.int64)
    return _Coded(codes=codes, stand=lambda rows: values[int(rows[0])] or None)


def _numbers(numbers: Floats, wire: Wire, most: int, least: int) -> _Coded:
    bins = bins_of(numbers, wire, most=most, least=least)
    codes = codes_of(numbers, bins)
    known = numbers[np.isfinite(numbers)]
    step = step_of(known, wire, float(known.max() / 2 - known.min() / 2))[0] if bins else 1.0

    def stand(rows: Codes) -> Cell:
        distinct, counts = np.unique(numbers[rows], return_counts=True)
        return None if np.isnan(distinct[0]) else standing(distinct, counts, step, least)

    return _Coded(codes=np.where(np.isnan(numbers), codes.max(initial=0) + 1, codes), stand=stand)


def _texts(values: pl.Series, draw: np.random.Generator, least: int) -> _Coded:
    """As many texts as rows of the background, of words that enough rows have, as long as texts are."""
    some = values.filter(values != "").head(ROWS * COARSE)
    bags = [set(text.split()) for text in some.to_list()]
    words = pl.Series([word for bag in bags for word in sorted(bag)], dtype=pl.String)
    known = counted(words).filter(pl.col("count") >= least).sort("value")
    if not known.height:
        return _Coded(codes=np.zeros(values.len(), dtype=np.int64), stand=lambda _: None)
    share = known["count"].to_numpy() / known["count"].sum()
    lengths = np.quantile([len(bag) for bag in bags], np.linspace(0, 1, ROWS), method="nearest").astype(int)
    texts: list[Cell] = [" ".join(draw.choice(known["value"].to_list(), max(1, n), p=share)) for n in lengths]
    codes = np.where((values == "").to_numpy(), ROWS, np.arange(values.len()) % ROWS)
    return _Coded(codes=codes, stand=lambda rows: [*texts, None][codes[rows[0]]])


def _groups(coded: Mapping[str, _Coded], least: int) -> tuple[tuple[str, ...], ...]:
    """The columns that are drawn together: pairs by what they tell of each other, as long as rows remain to draw."""
    told = ((_told(coded[a].codes, coded[b].codes), a, b) for a, b in combinations(coded, 2))
    ties = sorted((tie for tie in told if tie[0] >= TIED), key=lambda tie: -tie[0])
    groups = {name: _Group(names=(name,), codes=column.codes) for name, column in coded.items()}
    rare = {name: column.codes != np.bincount(column.codes + 1).argmax() - 1 for name, column in coded.items()}
    for _, a, b in ties:
        if groups[a] is groups[b]:
            continue
        joined = groups[a].joined(groups[b])
        shown = np.bincount(joined.codes + 1)[joined.codes + 1] >= least
        if all((shown & (joined.codes >= 0))[rare[name]].mean() >= COVERED for name in joined.names):
            groups |= dict.fromkeys(joined.names, joined)
    found = [tuple(name for name in coded if name in group.names) for group in groups.values()]
    return tuple(dict.fromkeys(group for group in found if len(group) > 1))


def _told(a: Codes, b: Codes) -> float:
    """The share of the entropy of one column that the other tells, the larger of both ways (Theil 1970).

    The plain estimate finds something in noise; its bias is taken off (Miller 1955).
    """
    known = (a >= 0) & (b >= 0)
    if not known.any():
        return 0.0
    width = int(b.max()) + 1
    both = np.bincount(a[known] * width + b[known], minlength=(int(a.max()) + 1) * width).reshape(-1, width)
    rows, columns = both.sum(axis=1), both.sum(axis=0)
    least = min(_entropy(rows), _entropy(columns))
    shared = _entropy(rows) + _entropy(columns) - _entropy(both.ravel())
    bias = (np.count_nonzero(rows) - 1) * (np.count_nonzero(columns) - 1) / (2 * known.sum())
    return (shared - bias) / least if least > 0 else 0.0


def _entropy(counts: Codes) -> float:
    share = counts[counts > 0] / counts.sum()
    return -float(share @ np.log(share))


def _drawn(
    coded: Mapping[str, _Coded], count: int, least: int, draw: np.random.Generator
) -> dict[str, tuple[Cell, ...]]:
    """`count` cells of columns that are drawn together: combinations at even places of those that may be shown."""
    parts = [_Group(names=(name,), codes=column.codes) for name, column in coded.items()]
    codes = reduce(_Group.joined, parts).codes
    counts = np.bincount(codes + 1)[1:]
    shown = np.flatnonzero(counts >= least)
    if not len(shown):
        return dict.fromkeys(coded, (None,) * count)
    total = np.cumsum(counts[shown])
    places = (np.arange(count) + 0.5) / count * total[-1]
    chosen = shown[draw.permutation(np.searchsorted(total, places))].tolist()
    rows = {code: np.flatnonzero(codes == code) for code in set(chosen)}
    cells = {name: {code: column.stand(rows[code]) for code in rows} for name, column in coded.items()}
    return {name: tuple(own[code] for code in chosen) for name, own in cells.items()}
