"""What a cost slider needs where costs differ by row: judged rows and what they cost, rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import Bootstrap, compare
from automl.decide.verdict.decided_rows import DecidedRows
from automl.diagnostics.slider import LABELS, MOST, SliderAnswer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DIGITS = {"rows": 5, "rounded": 3}  # of what is kept, by what the evidence keeps; decisions near a tie hang on them
SAME = 1e-9  # proportions that differ less are one but for rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSliderTable:
    """Judged rows; where they are many, those of one truth together whose decisions hang alike on costs.

    `y` [k] are their truths, `share` [k] their weights, 1 a row on average. `cost` [actions, k] is what each action
    costs them, given the truth, and `expected` [truths, actions, k] what each part of it was expected to be, times its
    probability; both for a row of weight 1. `ruled` [k] is the action of today's rule, None without one. `whole` says
    that no two rows were joined. `running` and `clustered` are as in `SliderTable`.
    """

    y: Ints
    share: Floats
    cost: Floats
    expected: Floats
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
    size = int(place.max()) + 1
    share = np.bincount(place, rows.shares, size).astype(np.float64)

    def joined(values: Floats) -> Floats:
        return _rounded(np.bincount(place, rows.shares * values, size) / share, digits)

    first = np.unique(place, return_index=True)[1]
    table = RowSliderTable(
        y=truth[first],
        share=_rounded(share, digits),
        cost=np.stack([joined(column) for column in rows.by_action(costs).T]),
        expected=np.stack([[joined(column) for column in of.T] for of in expected.transpose(1, 0, 2)]),
        ruled=None if rows.by_rule is None else rule[first],
        whole=size == p.size,
        running=costs.running_per_row,
    )
    if table.whole and rows.group is None:
        return table
    alone = slide_rows(table, np.ones((LABELS, LABELS)))
    wide = alone.high - alone.low
    return replace(table, clustered=width / wide if wide > 0 else 1.0)


def _places(parts: Floats, kind: Ints) -> Ints:
    """The place of each row in the table [n]: of many rows those of a kind together whose `parts` [n, k] are alike.

    What is alike in proportion is decided alike, whatever the parts are multiplied by. The places that differ most
    within are halved at the mean of their widest proportion, round by round, as in a k-d tree (Bentley 1975). A row
    weighs by the root of its parts: rows that cost much stand with few others, and no place gathers too many.
    """
    if kind.size <= MOST:
        return np.arange(kind.size)
    place = np.unique(kind, return_inverse=True)[1].astype(np.int64)
    size = np.abs(parts).sum(axis=1)
    proportions, weight = (parts / np.maximum(size, 1e-300)[:, None]).T, np.sqrt(size)
    places = int(place.max()) + 1
    while places < MOST:
        widest, middle, error = _widest(proportions, weight, place, places)
        worst = np.argsort(-error, kind="stable")[: min(MOST - places, places // 2 + 1)]
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
    act = expected[1] < expected[0]
    always = factors[table.y].T * table.cost
    others = [*always] if table.ruled is None else [*always, np.where(table.ruled == 1, always[1], always[0])]
    ours = np.where(act, always[1], always[0]) + table.running
    found = compare(ours, np.column_stack(others), table.share, Bootstrap.over(ours.size, None, seed=0))
    low, high = (found.saving + table.clustered * (end - found.saving) for end in (found.low, found.high))
    return SliderAnswer(
        ours=found.ours,
        others=tuple(map(float, found.others)),
        saving=found.saving,
        low=low,
        high=high,
        acted=float(np.average(act, weights=table.share)),
    )


def _rounded(values: Floats, digits: int) -> Floats:
    return pl.Series(values).round_sig_figs(digits).to_numpy()
