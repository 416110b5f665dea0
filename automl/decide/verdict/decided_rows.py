"""The rows that a verdict on decisions between labels stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import CostMatrix
from automl.decide.policy.label_policy import LabelPolicy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
REPEATS = 5  # of the cross-validation that calibrates out-of-fold rows: more change a verdict by less than they cost
REPEATED_ROWS = 50_000  # rows times repeats: of many rows one repeat is as sure as five


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRows:
    """Decided rows: action codes [n], class codes [n], and what they weigh; equal `group`s stay together.

    `p` [n, width] are the calibrated probabilities of the decisions: with them other costs can be tried.
    `amounts` [n, classes, actions] are what each row costs, None where all rows cost the same; `expected` what was
    expected of that when the row was decided, None where it was known. `by_rule` [n] are the action codes of the rule
    in use now, None without one. `unpriced` counts the rows that are not among these, because they lack a cost. With
    `repeats` every row stands there so often, decided each time without its fold of another split, all in one `group`.
    """

    decisions: Ints
    y: Floats
    p: Floats | None = None
    weight: Floats | None = None
    group: Ints | None = None
    amounts: Floats | None = None
    expected: Floats | None = None
    by_rule: Ints | None = None
    unpriced: int = 0
    repeats: int = 1

    @property
    def n(self) -> int:
        """The number of rows, each counted once."""
        return self.y.size // self.repeats

    @property
    def shares(self) -> Floats:
        """The weight of each row, 1 on average [n]."""
        return shares_of(self.y.size, self.weight)

    def by_action(self, costs: CostMatrix) -> Floats:
        """What each action costs on each row, given its truth [n, actions]."""
        truth = self.y.astype(np.int64)
        return costs.matrix[truth] if self.amounts is None else self.amounts[np.arange(self.y.size), truth]


def taken(by_action: Floats, decisions: Ints) -> Floats:
    """What rows cost under these decisions [n]."""
    return np.asarray(np.take_along_axis(by_action, decisions[:, None], axis=1)[:, 0])


def decided_rows(rows: Rows, decisions: Ints, p: Floats, policy: LabelPolicy) -> DecidedRows:
    """The decided rows of a part; those without a cost of their own truth, or without a decision (-1), are left out.

    A row that lacks a cost of another truth stays: nothing but the decision hangs on that.
    """
    costs, rule, index = policy.costs, policy.current_rule, np.arange(rows.n)
    keep = np.flatnonzero(costs.known(rows.inputs)[index, rows.y.astype(np.int64)] & (decisions >= 0))
    amounts = costs.amounts(rows.inputs)
    expected = costs.expected(rows.inputs) if costs.later else None
    return DecidedRows(
        decisions=decisions[keep],
        y=rows.y[keep],
        p=p[keep],
        weight=None if rows.weight is None else rows.weight[keep],
        group=None if rows.group is None else rows.group[keep],
        amounts=None if amounts is None else amounts[keep],
        expected=None if expected is None else expected[keep],
        by_rule=rule.decisions(rows.inputs)[keep] if rule else None,
        unpriced=rows.n - keep.size,
    )


def rows_out_of_fold(oof: OutOfFold, policy: LabelPolicy) -> DecidedRows | None:
    """The train rows that a fold predicted, decided on probabilities that are calibrated without them.

    Repeated nested cross-validation: in each repeat the rows are dealt to other folds, and the curve that a row is
    decided by is that of the other folds. The members' predictions stay; each was made without its row. None without
    such rows.
    """
    rows = oof.rows
    if not rows.n:
        return None
    repeats = int(np.clip(REPEATED_ROWS // rows.n, 1, REPEATS))
    expected, decidable = policy.costs.expected(rows.inputs), policy.costs.decidable(rows.inputs)
    each = [oof.recalibrated(repeat) for repeat in range(repeats)]
    parts = [decided_rows(rows, policy.decide(p, expected, decidable), p, policy) for p in each]
    return parts[0] if repeats == 1 else _repeated(parts)


def _repeated(parts: Sequence[DecidedRows]) -> DecidedRows:
    """All repeats as one, in which a row stays together with itself; the same rows are priced in each."""
    first, times = parts[0], len(parts)
    group = np.arange(first.y.size) if first.group is None else first.group

    def tiled(values: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if values is None else np.concatenate([values] * times)

    return replace(
        first,
        decisions=np.concatenate([part.decisions for part in parts]),
        y=np.concatenate([part.y for part in parts]),
        p=np.concatenate([part.p for part in parts if part.p is not None]),
        weight=tiled(first.weight),
        group=tiled(group),
        amounts=tiled(first.amounts),
        expected=tiled(first.expected),
        by_rule=tiled(first.by_rule),
        repeats=times,
    )


def pooled(first: DecidedRows, second: DecidedRows) -> DecidedRows:
    """Both as one. Each part keeps an average weight of 1; `p` stays if both have it.

    A group is the same in both parts. Where only one part has groups, each row of the other stands alone.
    """

    def both(name: str) -> NDArray[Any] | None:
        one, other = getattr(first, name), getattr(second, name)
        return None if one is None or other is None else np.concatenate((one, other))

    return DecidedRows(
        decisions=np.concatenate((first.decisions, second.decisions)),
        y=np.concatenate((first.y, second.y)),
        p=both("p"),
        weight=np.concatenate((first.shares / first.repeats, second.shares / second.repeats)),
        group=joined_groups((first.group, first.y.size), (second.group, second.y.size)),
        amounts=both("amounts"),
        expected=both("expected"),
        by_rule=both("by_rule"),
        unpriced=first.unpriced + second.unpriced,
    )


def joined_groups(first: tuple[Ints | None, int], second: tuple[Ints | None, int]) -> Ints | None:
    """The groups of two parts, each given with its number of rows; None where neither has any."""
    if first[0] is None and second[0] is None:
        return None
    return np.concatenate((_groups(first, above=second[0]), _groups(second, above=first[0])))


def _groups(part: tuple[Ints | None, int], *, above: Ints | None) -> Ints:
    group, size = part
    if group is not None:
        return group
    start = 0 if above is None or not above.size else int(above.max()) + 1
    return np.arange(start, start + size)


def shares_of(rows: int, weight: Floats | None) -> Floats:
    """The weight of each row, 1 on average [n]."""
    weight = np.ones(rows) if weight is None else weight
    return np.asarray(weight / weight.mean())
