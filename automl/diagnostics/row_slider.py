"""What a cost slider needs where costs differ by row: judged rows and what they cost, rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER, Bootstrap, compare
from automl.decide.verdict.decided_rows import DecidedRows
from automl.diagnostics.slider import LABELS, MOST, SliderAnswer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DIGITS = {"rows": 5, "rounded": 3}  # of what is kept, by what the evidence keeps; decisions near a tie hang on them
SAME = 1e-9  # proportions that differ less are one but for rounding
SMALL = 0.1  # from this proportion down steps of them count alike, above by their ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSliderTable:
    """Judged rows; where they are many, those of one truth together whose decisions hang alike on costs.

    `y` [k] are their truths, `share` [k] their weights, 1 a row on average. `cost` [actions, k] is what each action
    costs them, given the truth, and `squares` [3, k] the means of the squares of the first, of the product of both and
    of the squares of the second. `expected` [truths, actions, places] is what each part of a cost was expected to be,
    times its probability, and `place` [k] whose of them a row has. All for a row of weight 1. Where no two rows were
    joined the table is `whole`, without squares, and each row its own place. `ruled` [k] is the action of today's rule,
    None without one. `running` and `clustered` are as in `SliderTable`.
    """

    y: Ints
    share: Floats
    cost: Floats
    squares: Floats | None
    expected: Floats
    place: Ints | None
    ruled: Ints | None
    whole: bool
    running: float
    clustered: float = 1.0


def row_slider_table(
    rows: DecidedRows, policy: LabelPolicy, *, width: float, digits: int = DIGITS["rows"]
) -> RowSliderTable | None:
    """The table of the rows that a verdict stands on; `width` is that of its interval; numbers have `digits`.

    None where other costs would change more than these amounts: reviews, capacities, floors, several classes or
    actions; and where no cost differs by row, so that `slider_table` is enough.
    """
    costs = policy.costs
    changed = rows.p is None or rows.amounts is None or costs.review or policy.capacity or policy.bounds
    if changed or len(policy.actions) != LABELS or costs.matrix.shape != (LABELS, LABELS) or not policy.in_money:
        return None
    p, truth = np.asarray(rows.p)[:, 0], rows.y.astype(np.int64)
    amounts = np.asarray(rows.amounts if rows.expected is None else rows.expected)
    expected = np.stack([1 - p, p], axis=1)[:, :, None] * amounts
    rule = np.zeros(p.size, dtype=np.int64) if rows.by_rule is None else rows.by_rule
    place = _places(expected.reshape(p.size, -1), truth * LABELS + rule)
    kind: Ints = (place * LABELS + truth) * LABELS + rule
    first, joined = np.unique(kind, return_index=True, return_inverse=True)[1:]
    whole, cost = first.size == p.size, rows.by_action(costs).T

    def means(values: Floats, of: Ints) -> Floats:
        return _rounded(np.bincount(of, rows.shares * values) / np.bincount(of, rows.shares), digits)

    table = RowSliderTable(
        y=truth[first],
        share=_rounded(np.bincount(joined, rows.shares).astype(np.float64), digits),
        cost=np.stack([means(column, joined) for column in cost]),
        squares=None if whole else np.stack([means(cost[a] * cost[b], joined) for a, b in ((0, 0), (0, 1), (1, 1))]),
        expected=np.stack([[means(column, place) for column in of.T] for of in expected.transpose(1, 0, 2)]),
        place=None if whole else place[first],
        ruled=None if rows.by_rule is None else rule[first],
        whole=whole,
        running=costs.running_per_row,
    )
    if rows.group is None and (whole or np.ptp(rows.shares) == 0):
        return table
    alone = slide_rows(table, np.ones((LABELS, LABELS)))
    wide = alone.high - alone.low
    return replace(table, clustered=width / wide if wide > 0 else 1.0)


def _places(parts: Floats, kind: Ints) -> Ints:
    """The place of each row [n]: of many rows those together whose `parts` [n, k] are alike, `MOST` with their kinds.

    What is alike in proportion is decided alike, whatever the parts are multiplied by. The places that differ most
    within are halved at the mean of their widest proportion, round by round, as in a k-d tree (Bentley 1975), on a
    scale that still tells small proportions apart: they decide where costs are multiplied by much. A row weighs by the
    root of its parts: rows that cost much stand with few others, and no place gathers too many. Rows of both truths
    share a place, so that all of it is decided alike and what one truth loses by that the other gains.
    """
    if kind.size <= MOST:
        return np.arange(kind.size)
    place, places, most = np.zeros(kind.size, dtype=np.int64), 1, MOST // np.unique(kind).size
    size = np.abs(parts).sum(axis=1)
    shares = (parts / np.maximum(size, 1e-300)[:, None]).T
    proportions, weight = np.sign(shares) * np.log1p(np.abs(shares) / SMALL), np.sqrt(size)
    while places < most:
        widest, middle, error = _widest(proportions, weight, place, places)
        worst = np.argsort(-error, kind="stable")[: min(most - places, places // 2 + 1)]
        worst = worst[error[worst] > 0]
        if not worst.size:
            break
        upper = np.full(places, -1)
        upper[worst] = places + np.arange(worst.size)
        above = proportions[widest[place], np.arange(place.size)] > middle[place]
        place = np.where(above & (upper[place] >= 0), upper[place], place)
        places += worst.size
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def _widest(proportions: Floats, weight: Floats, place: Ints, places: int) -> tuple[Ints, Floats, Floats]:
    """Of each place the proportion that differs most within, its mean, and how much that weighs."""
    whole = np.maximum(np.bincount(place, weight, places), 1e-300)
    means = np.stack([np.bincount(place, weight * each, places) / whole for each in proportions])
    off = (weight * (each - mean[place]) ** 2 for each, mean in zip(proportions, means, strict=True))
    squares = np.stack([np.bincount(place, each, places) / whole for each in off])
    widest = squares.argmax(axis=0)
    spread = np.sqrt(squares.max(axis=0))
    return widest, means[widest, np.arange(places)], np.where(spread > SAME, whole * spread, 0.0)


def slide_rows(table: RowSliderTable, factors: Floats) -> SliderAnswer:
    """What is saved where each amount of a truth t and an action a is `factors` [t, a] times what the spec says.

    Decisions are those of least expected cost. The same as `slider.js` computes in the page, but for the random draws.
    """
    expected = np.einsum("ta,tak->ak", factors, table.expected)
    acts = (expected[1] < expected[0]).astype(np.int64)
    act = acts if table.place is None else acts[table.place]
    actions = [act, *(np.full(act.size, a) for a in range(LABELS)), *([] if table.ruled is None else [table.ruled])]
    always = factors[table.y].T * table.cost
    costs = np.stack([always[action, np.arange(act.size)] for action in actions], axis=1)
    costs[:, 0] += table.running
    found = compare(costs[:, 0], costs[:, 1:], table.share, Bootstrap.over(act.size, None, seed=0))
    stretch = table.clustered
    if table.squares is not None:
        best = actions[1 + int(found.others.argmin())]
        error = PER * _error(table, factors, act, best, found.saving / PER + table.running)
        stretch *= error / max(found.error, 1e-300)
    low, high = (found.saving + stretch * (end - found.saving) for end in (found.low, found.high))
    return SliderAnswer(
        ours=found.ours,
        others=tuple(map(float, found.others)),
        saving=found.saving,
        low=low,
        high=high,
        acted=float(np.average(act, weights=table.share)),
    )


def _error(table: RowSliderTable, factors: Floats, act: Ints, best: Ints, saving: float) -> float:
    """The standard error of what action `act` [k] saves a row against `best` [k]: that of all the rows joined."""
    squares, k = np.asarray(table.squares), np.arange(act.size)
    ours, other = factors[table.y, act], factors[table.y, best]
    square = ours**2 * squares[2 * act, k] - 2 * ours * other * squares[act + best, k] + other**2 * squares[2 * best, k]
    spread = float(np.average(square, weights=table.share)) - saving**2
    return float(np.sqrt(max(spread, 0.0) / table.share.sum()))


def _rounded(values: Floats, digits: int) -> Floats:
    return pl.Series(values).round_sig_figs(digits).to_numpy()
