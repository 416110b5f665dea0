"""What would have to be otherwise: the smallest change of one column, or of two, that another decision follows from.

Sizes are counted in ranks: a number that moves from its 30 % quantile to its 45 % quantile moves by 0.15, a level that
becomes another one by 1, as does a gap that is filled (Gower 1971, with ranks). Changes are tried in the order of their
size, so the first one that is found is the smallest; what could not be tried in time is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from automl.explain.game import ROWS, Array, Columns, rows_at_once

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Decide = Callable[[Columns], Array]  # columns [n] -> decisions [n]
FIRST = 512  # changes that are tried first; then twice as many, up to `ROWS`
WHOLE = 1.0  # the size of a change that has no rank
DIGITS = 9  # behind the point of a size: what rounding makes of equal sizes is equal again
HALVINGS = 40  # of a bound on sizes: then sizes are equal


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
    for candidates in (_single(moves), _double(moves)):
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

    def take(self, start: int, count: int) -> _Candidates:
        """`count` of them from `start` on."""
        part = slice(start, start + count)
        return _Candidates(sizes=self.sizes[part], columns=self.columns[part], cells=self.cells[part])


def _moves(name: str, value: object, grid: Grid) -> _Moves:
    """A cell that the row has already is no change: its size is infinite."""
    sizes = np.full(len(grid.cells), WHOLE)
    if grid.places is not None and isinstance(value, float) and not np.isnan(value):
        sizes = np.abs(grid.places - np.interp(value, grid.values.astype(np.float64), grid.places))
    return _Moves(name=name, grid=grid, sizes=np.where(grid.values == value, np.inf, sizes.round(DIGITS)))


def _single(moves: Sequence[_Moves]) -> Iterator[_Candidates]:
    """All changes of one column; of equal sizes those of the first column come first."""
    sizes = np.concatenate([np.empty(0), *(move.sizes for move in moves)])
    columns = np.repeat(np.arange(len(moves)), [len(move.sizes) for move in moves])
    cells = np.concatenate([np.empty(0, np.int64), *(np.arange(len(move.sizes)) for move in moves)])
    order = np.argsort(sizes, kind="stable")[: np.isfinite(sizes).sum()]
    yield _Candidates(sizes=sizes[order], columns=columns[order, None], cells=cells[order, None])


def _double(moves: Sequence[_Moves]) -> Iterator[_Candidates]:
    """All changes of two columns, collected shell by shell: about `ROWS` at once, of a little larger sizes each.

    With the changes of one column sorted, those that a change makes a shell with are next to each other.
    """
    (single,) = _single(moves)
    sizes, count = single.sizes, len(single.sizes)
    ends = np.arange(1, count + 1)  # where the partners of each change begin that were not in a shell yet
    while (ends < count).any():
        begins, ends = ends, _reach(sizes, ends)
        first = np.repeat(np.arange(count), ends - begins)
        second = np.arange(len(first)) + np.repeat(begins - np.cumsum(ends - begins) + (ends - begins), ends - begins)
        pairs = np.column_stack([first, second])
        pairs = pairs[single.columns[first, 0] != single.columns[second, 0]]
        sums = sizes[pairs].sum(axis=1).round(DIGITS)
        order = np.argsort(sums, kind="stable")
        pairs = pairs[order]
        yield _Candidates(sizes=sums[order], columns=single.columns[pairs, 0], cells=single.cells[pairs, 0])


def _reach(sizes: Floats, begins: Ints) -> Ints:
    """Where the next shell ends among sorted `sizes` [n] for each of them: at most `ROWS` pairs are in it.

    Its bound is halved until so few are below; where more are of one size, the first of them are in it.
    """

    def below(bound: float) -> Ints:
        return np.maximum(begins, np.searchsorted(sizes, bound - sizes, side="right"))

    low, high = 0.0, 2 * float(sizes[-1]) + 1
    for _ in range(HALVINGS):
        if (below(high) - begins).sum() <= ROWS:
            return below(high)
        middle = (low + high) / 2
        low, high = (low, middle) if (below(middle) - begins).sum() > FIRST else (middle, high)
    counts = below(low) - begins
    counts = counts if counts.any() else below(high) - begins
    return np.asarray(begins + np.clip(ROWS - np.cumsum(counts) + counts, 0, counts))


def _first(
    row: Columns,
    taken: object,
    moves: Sequence[_Moves],
    shells: Iterator[_Candidates],
    decide: Decide,
    until: float,
) -> Counterfactual | None:
    """The first candidate that is decided otherwise; None where there is none, an empty one where time is up."""
    most = rows_at_once(row)
    count = min(FIRST, most)
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
            start, count = start + count, min(2 * count, most)
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
