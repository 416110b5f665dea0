"""What would have to be otherwise: the smallest change of one column, or of two, that another decision follows from.

Sizes are counted in ranks: a number that moves from its 30 % quantile to its 45 % quantile moves by 0.15, a level that
becomes another one by 1, as does a gap that is filled (Gower 1971, with ranks). Changes are tried in the order of their
size, so the first one that is found is the smallest; what could not be tried in time is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from automl.explain.game import ROWS, Array, Columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Decide = Callable[[Columns], Array]  # columns [n] -> decisions [n]
FIRST = 512  # changes that are tried first; then twice as many, up to `ROWS`
SHELLS = (-1.0, 0.1, 0.25, 0.5, 1.0, 2.0)  # sizes between which changes of two columns are collected at once
WHOLE = 1.0  # the size of a change that has no rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What a column may become: `cells` as the column writes them, their `values` [k] in wire types, and their ranks.

    `places` [k] are between 0 and 1; None where levels have no order.
    """

    cells: tuple[str, ...]
    values: Array
    places: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One column that becomes another: to `cell`."""

    column: str
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """The smallest changes that lead to `decision`, of this size; `changes` is empty where none was found.

    `complete` says that there was time to try all that is smaller.
    """

    changes: tuple[Change, ...]
    size: float
    decision: str
    complete: bool


def smallest_change(
    row: Columns, taken: object, grids: Mapping[str, Grid], decide: Decide, *, seconds: float
) -> Counterfactual:
    """The smallest change of one of the columns in `grids`, else of two, that the graph decides otherwise than `taken`.

    `row` [1] has every column of the graph. A decision that is none ("") is not another one.
    """
    until = monotonic() + seconds
    moves = [_moves(name, row[name][0], grid) for name, grid in grids.items()]
    for candidates in (_single(moves), _double(moves, until)):
        found = _first(row, taken, moves, candidates, decide, until)
        if found is not None:
            return found
    return Counterfactual(changes=(), size=0.0, decision="", complete=monotonic() <= until)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """What one column of a row can become: the sizes of the changes [k] to the cells [k] of its grid."""

    name: str
    grid: Grid
    sizes: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidates:
    """Changes of equally many columns, the smallest first: `columns` [n, changed] and `cells` [n, changed] by place."""

    sizes: Floats
    columns: Ints
    cells: Ints

    @classmethod
    def of(cls, parts: Sequence[tuple[Floats, Ints, Ints]], changed: int) -> _Candidates:
        """All parts, sorted; of equal sizes the first stays first."""
        empty = (np.empty(0), np.empty((0, changed), np.int64), np.empty((0, changed), np.int64))
        sizes, columns, cells = (np.concatenate(part) for part in zip(empty, *parts, strict=True))
        order = np.argsort(sizes, kind="stable")
        return cls(sizes=sizes[order], columns=columns[order], cells=cells[order])

    def take(self, start: int, count: int) -> _Candidates:
        """`count` of them from `start` on."""
        part = slice(start, start + count)
        return _Candidates(sizes=self.sizes[part], columns=self.columns[part], cells=self.cells[part])


def _moves(name: str, value: object, grid: Grid) -> _Moves:
    """A cell that the row has already is no change: its size is infinite."""
    sizes = np.full(len(grid.cells), WHOLE)
    if grid.places is not None and isinstance(value, float) and not np.isnan(value):
        sizes = np.abs(grid.places - np.interp(value, grid.values.astype(np.float64), grid.places))
    return _Moves(name=name, grid=grid, sizes=np.where(grid.values == value, np.inf, sizes))


def _single(moves: Sequence[_Moves]) -> Iterator[_Candidates]:
    """All changes of one column."""
    parts = []
    for place, move in enumerate(moves):
        cells = np.flatnonzero(np.isfinite(move.sizes))[:, None]
        parts.append((move.sizes[cells[:, 0]], np.full_like(cells, place), cells))
    yield _Candidates.of(parts, 1)


def _double(moves: Sequence[_Moves], until: float) -> Iterator[_Candidates]:
    """All changes of two columns, collected shell by shell; none where time is up."""
    for below, above in pairwise(SHELLS):
        parts = []
        for a, b in combinations(range(len(moves)), 2):
            sums = moves[a].sizes[:, None] + moves[b].sizes[None, :]
            cells = np.argwhere((sums > below) & (sums <= above))
            parts.append((sums[cells[:, 0], cells[:, 1]], np.tile([a, b], (len(cells), 1)), cells))
            if monotonic() > until:
                return
        yield _Candidates.of(parts, 2)


def _first(
    row: Columns,
    taken: object,
    moves: Sequence[_Moves],
    shells: Iterator[_Candidates],
    decide: Decide,
    until: float,
) -> Counterfactual | None:
    """The first candidate that is decided otherwise; None where there is none, an empty one where time is up."""
    count = FIRST
    for shell in shells:
        start = 0
        while start < len(shell.sizes):
            if monotonic() > until:
                return Counterfactual(changes=(), size=float(shell.sizes[start]), decision="", complete=False)
            batch = shell.take(start, count)
            decisions = decide(_changed(row, moves, batch))
            flipped = np.flatnonzero((decisions != taken) & (decisions != ""))
            if len(flipped):
                return _told(moves, batch.take(int(flipped[0]), 1), str(decisions[flipped[0]]))
            start, count = start + count, min(2 * count, ROWS)
    return None


def _changed(row: Columns, moves: Sequence[_Moves], batch: _Candidates) -> Columns:
    """The row once for each candidate, with its changes."""
    columns = {name: np.repeat(values, len(batch.sizes)) for name, values in row.items()}
    for place in np.unique(batch.columns):
        rows, slot = np.nonzero(batch.columns == place)
        columns[moves[place].name][rows] = moves[place].grid.values[batch.cells[rows, slot]]
    return columns


def _told(moves: Sequence[_Moves], found: _Candidates, decision: str) -> Counterfactual:
    changes = tuple(
        Change(column=moves[place].name, cell=moves[place].grid.cells[cell])
        for place, cell in zip(found.columns[0].tolist(), found.cells[0].tolist(), strict=True)
    )
    return Counterfactual(changes=changes, size=float(found.sizes[0]), decision=decision, complete=True)
