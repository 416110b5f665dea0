"""The matrix as levels, numbers binned, and pairs of them as cells: what a model of sums of tables looks up."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.learners.base import Floats, Matrix
from automl.ops.expr import (
    Add,
    And,
    AsIndex,
    AsNumber,
    Concat,
    Constant,
    Equal,
    Expr,
    Features,
    Floor,
    IsMissing,
    Less,
    LessEqual,
    MatMul,
    Pair,
    Pick,
    Where,
    constant,
)

Ints = NDArray[np.int64]

CODES = ("code", "level")
BINS = 8  # of a number
STEPS = 64  # of a number most of whose rows are equal: the others' values are often a code of their own
MOST_COLUMNS = 32  # that are paired with one another
MOST_PAIRS = 48
SCREENED = 30_000  # rows on which pairs are compared
FEWEST = 5  # rows of a cell, or as many as a level needs if that is more: fewer say little, and may point at a person
SURE = 3.0  # standard deviations of chance by which a pair has to do better
SHRINK = 10.0  # rows' worth of curvature: what a cell has to overcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Columns as levels: place 0..size-1 of each; of a code 0 is rare, of a number the last is missing.

    `lone` are those, by their number in the grid, that say something as levels by themselves: codes and numbers of
    steps. The others are binned for their pairs, of which a cell needs `least` rows.
    """

    columns: int
    codes: tuple[int, ...]
    levels: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    edges: tuple[Floats, ...] = ()
    lone: tuple[int, ...] = ()
    least: int = FEWEST

    @property
    def sizes(self) -> Ints:
        """How many places each column has."""
        return np.asarray([*self.levels, *(len(edges) + 2 for edges in self.edges)], dtype=np.int64)

    def places(self, values: Floats) -> Ints:
        """The place of each row in each column, [n, codes + numbers]."""
        picked = values[:, list(self.codes)]
        known = (picked >= 0) & (picked < np.asarray(self.levels)) & (picked == np.floor(picked))
        found = [np.where(known, picked, 0.0).astype(np.int64)]
        for j, edges in zip(self.numbers, self.edges, strict=True):
            column = values[:, j]
            place = np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="right"))
            found.append(place[:, None])
        return np.hstack(found)

    def expression(self) -> Expr:
        """`places` as numbers, in a few operations for all columns."""
        features, parts = Features(self.columns), list[Expr]()
        if self.codes:
            code = Pick(features, self.codes)
            inside = And(LessEqual(constant(0.0), code), Less(code, Constant(np.asarray(self.levels, dtype=float))))
            parts.append(Where(And(inside, Equal(Floor(code), code)), code, constant(0.0)))
        if self.numbers:
            counts = [len(edges) for edges in self.edges]
            repeated = Pick(features, tuple(np.repeat(self.numbers, counts).tolist()))
            above = AsNumber(LessEqual(Constant(np.concatenate(self.edges)), repeated))
            owner = np.repeat(np.eye(len(counts)), counts, axis=0)
            gone = IsMissing(Pick(features, self.numbers))
            parts.append(Where(gone, Constant(np.asarray(counts) + 1.0), MatMul(above, owner)))
        return Concat(tuple(parts))

    def narrowed(self, kept: Sequence[int]) -> Grid:
        """The grid of some of its places, ascending."""
        codes = [k for k in kept if k < len(self.codes)]
        numbers = [k - len(self.codes) for k in kept if k >= len(self.codes)]
        return Grid(
            columns=self.columns,
            codes=tuple(self.codes[k] for k in codes),
            levels=tuple(self.levels[k] for k in codes),
            numbers=tuple(self.numbers[k] for k in numbers),
            edges=tuple(self.edges[k] for k in numbers),
            lone=tuple(at for at, k in enumerate(kept) if k in self.lone),
            least=self.least,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    """Pairs of the grid's columns, all in one list of keys: cell k is ``keys[k]``, `len(keys)` is a cell seen seldom.

    The key of a pair is ``(start + left) * size + right``: `starts` tell the pairs apart.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    starts: Ints
    top: int  # above all starts + left
    size: int
    keys: Ints

    def renumbered(self, kept: Sequence[int]) -> Crossings:
        """The same pairs over a grid of the columns `kept`."""
        at = {column: k for k, column in enumerate(kept)}
        left, right = (tuple(at[column] for column in side) for side in (self.left, self.right))
        return replace(self, left=left, right=right)

    def cells(self, places: Ints) -> Ints:
        """The cell of each row in each pair, [n, pairs], from its places in the grid."""
        key = (places[:, list(self.left)] + self.starts) * self.size + places[:, list(self.right)]
        place = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[place] == key, place, len(self.keys))

    def expression(self, places: Expr) -> Expr:
        """`cells` as an index as wide as there are pairs."""
        left = AsIndex(Add(Pick(places, self.left), Constant(self.starts.astype(np.float64))), self.top)
        return Pair(left, AsIndex(Pick(places, self.right), self.size), self.size, self.keys)


def learn_grid(train: Matrix) -> Grid:
    """Codes of more than one level, and numbers of more than one value in bins that hold about as many rows each."""
    codes = [j for j, feature in enumerate(train.features) if feature.kind in CODES and feature.levels > 1]
    binned = {
        j: edges
        for j, feature in enumerate(train.features)
        if feature.kind not in CODES and len(edges := bin_edges(train.values[:, j]))
    }
    steps = [k for k, edges in enumerate(binned.values()) if len(edges) >= BINS]
    return Grid(
        columns=len(train.features),
        codes=tuple(codes),
        levels=tuple(train.features[j].levels for j in codes),
        numbers=tuple(binned),
        edges=tuple(binned.values()),
        lone=(*range(len(codes)), *(len(codes) + k for k in steps)),
        least=max(FEWEST, train.least),
    )


def bin_edges(column: Floats) -> Floats:
    """Edges, each the lowest value of its bin: fewer than `BINS`, and none where there is one value only.

    Where half of the rows or more are equal, there are up to `STEPS` between the distinct values.
    """
    present = column[np.isfinite(column)]
    distinct, counts = np.unique(present, return_counts=True)
    if len(distinct) <= BINS:
        return np.asarray(distinct[1:])
    spiky = 2 * int(counts.max()) >= len(present)
    bins, of = (STEPS, distinct) if spiky else (BINS, present)
    edges = np.unique(np.quantile(of, np.linspace(0.0, 1.0, bins + 1)[1:-1], method="higher"))
    return np.asarray(edges[edges > distinct[0]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """Of a loss at some scores: its slope [n, width] in them, and its curvature likewise."""

    slope: Floats
    curvature: Floats


def strongest(grid: Grid, places: Ints, at: Slopes) -> list[int]:
    """The columns of the grid whose levels alone lower the loss the most, ascending."""
    gains = [_gain(places[:, k], int(size), at) for k, size in enumerate(grid.sizes)]
    return sorted(sorted(range(len(gains)), key=lambda k: -gains[k])[:MOST_COLUMNS])


def choose_pairs(grid: Grid, places: Ints, columns: Sequence[int], at: Slopes, most_cells: int) -> Crossings | None:
    """The pairs of `columns` whose cells lower the loss the most (FAST: Lou, Caruana, Gehrke, Hooker, KDD 2013).

    `places` and `at` are of the rows that are fitted; pairs are compared on a part of them.
    """
    some = slice(None, None, -(-len(places) // SCREENED))
    part = Slopes(slope=at.slope[some], curvature=at.curvature[some])
    sizes, gains = grid.sizes, dict[tuple[int, int], float]()
    for left, right in itertools.combinations(columns, 2):
        cell, count = _joined(places[some, left], places[some, right], int(sizes[left]), int(sizes[right]))
        gains[left, right] = _gain(cell, count, part)
    ranked = [pair for pair in sorted(gains, key=lambda pair: -gains[pair]) if gains[pair] > 0.0]
    return _crossings(grid, places, ranked[:MOST_PAIRS], most_cells)


def _crossings(grid: Grid, places: Ints, ranked: Sequence[tuple[int, int]], most_cells: int) -> Crossings | None:
    """The first pairs whose cells have room, and the cells that enough rows have."""
    found, room = dict[tuple[int, int], Ints](), most_cells
    size = int(grid.sizes.max(initial=0))
    for left, right in ranked:
        keys, counts = np.unique(places[:, left] * size + places[:, right], return_counts=True)
        seen = keys[counts >= grid.least]
        if 0 < len(seen) <= room:
            found[left, right] = seen
            room -= len(seen)
    if not found:
        return None
    ends = np.cumsum([int(grid.sizes[left]) for left, _ in found], dtype=np.int64)
    starts = np.concatenate([[0], ends[:-1]])
    return Crossings(
        left=tuple(left for left, _ in found),
        right=tuple(right for _, right in found),
        starts=starts,
        top=int(ends[-1]),
        size=size,
        keys=np.concatenate([start * size + keys for start, keys in zip(starts, found.values(), strict=True)]),
    )


def _joined(left: Ints, right: Ints, high: int, wide: int) -> tuple[Ints, int]:
    """The cell of each row and how many there are."""
    key = left * wide + right
    if high * wide <= len(key):
        return key, high * wide
    keys, cell = np.unique(key, return_inverse=True)
    return cell, len(keys)


def _gain(cell: Ints, count: int, at: Slopes) -> float:
    """What a table of cells promises beyond chance; 0 where that is not sure.

    The square of a sum of slopes is by chance as large as the sum of their squares.
    """
    there = np.bincount(cell, minlength=count) >= FEWEST
    gain, variance = 0.0, 0.0
    for slope, curvature in zip(at.slope.T, at.curvature.T, strict=True):
        chance = np.bincount(cell, weights=slope**2, minlength=count)[there]
        room = np.bincount(cell, weights=curvature, minlength=count)[there] + SHRINK * curvature.mean()
        found = np.bincount(cell, weights=slope, minlength=count)[there] ** 2
        gain += float(((found - chance) / room).sum())
        variance += float((2.0 * (chance / room) ** 2).sum())
    return gain if gain > SURE * np.sqrt(variance) else 0.0
