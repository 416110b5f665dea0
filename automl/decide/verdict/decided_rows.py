"""The rows that a verdict stands on, and how they are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.calibration.calibrate import cross_fit
from automl.decide.costs.cost_matrix import Costs
from automl.decide.policy.expected_cost import choose
from automl.decide.verdict.baselines import without_model
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_UNITS = 2_000  # more are joined at random: the spread of the mean stays, the draws cost less
RESAMPLES = 2_000
REPEATS = 5  # of the cross-validation that calibrates out-of-fold rows: more change a verdict by less than they cost
REPEATED_ROWS = 50_000  # rows times repeats: of many rows one repeat is as sure as five


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Decided rows: action codes [n], class codes [n], and what they weigh; equal `group`s stay together.

    `p` [n, width] are the calibrated probabilities of the decisions: with them other costs can be tried.
    `amounts` [n, classes, actions] are what each row costs, None where all rows cost the same; `expected` what was
    expected of that when the row was decided, None where it was known. `today` [n] are the action codes of the rule in
    use now, None without one. `unpriced` counts the rows that are not among these, because they lack a cost. With
    `repeats` every row stands there so often, decided each time without its fold of another split, all in one `group`.
    """

    decisions: Ints
    y: Floats
    p: Floats | None = None
    weight: Floats | None = None
    group: Ints | None = None
    amounts: Floats | None = None
    expected: Floats | None = None
    today: Ints | None = None
    unpriced: int = 0
    repeats: int = 1

    @property
    def n(self) -> int:
        """The number of rows, each counted once."""
        return self.y.size // self.repeats

    @property
    def shares(self) -> Floats:
        """The weight of each row, 1 on average [n]."""
        weight = np.ones(self.y.size) if self.weight is None else self.weight
        return np.asarray(weight / weight.mean())

    def by_action(self, costs: Costs) -> Floats:
        """What each action costs on each row, given its truth [n, actions]."""
        truth = self.y.astype(np.int64)
        return costs.matrix[truth] if self.amounts is None else self.amounts[np.arange(self.y.size), truth]

    def others(self, by_action: Floats, costs: Costs) -> Floats:
        """What the policies without a model cost on each row [n, policies], today's rule last."""
        return without_model(costs, by_action, self.today, self.shares)


def taken(by_action: Floats, decisions: Ints) -> Floats:
    """What rows cost under these decisions [n]."""
    return np.asarray(np.take_along_axis(by_action, decisions[:, None], axis=1)[:, 0])


def decided_rows(rows: Rows, decisions: Ints, p: Floats, costs: Costs) -> Evidence:
    """The decided rows of a part; those without a cost of their own truth, or without a decision (-1), are left out.

    A row that lacks a cost of another truth stays: nothing but the decision hangs on that.
    """
    index = np.arange(rows.n)
    keep = np.flatnonzero(costs.known(rows.inputs)[index, rows.y.astype(np.int64)] & (decisions >= 0))
    amounts = costs.amounts(rows.inputs)
    expected = costs.expected(rows.inputs) if costs.later else None
    return Evidence(
        decisions=decisions[keep],
        y=rows.y[keep],
        p=p[keep],
        weight=None if rows.weight is None else rows.weight[keep],
        group=None if rows.group is None else rows.group[keep],
        amounts=None if amounts is None else amounts[keep],
        expected=None if expected is None else expected[keep],
        today=costs.today.decisions(rows.inputs)[keep] if costs.today else None,
        unpriced=rows.n - keep.size,
    )


def out_of_fold(p: Floats, train: Rows, task: Task, costs: Costs, *, seed: int) -> Evidence | None:
    """The train rows that a fold predicted, decided on probabilities `p` [n, width] calibrated without them.

    Repeated nested cross-validation: in each repeat the rows are dealt to other folds, and the curve that a row is
    decided by is that of the other folds. The members' predictions stay; each was made without its row. None without
    such rows.
    """
    known = np.flatnonzero(~np.isnan(p).any(axis=1))
    if not known.size:
        return None
    rows = train.take(known)
    repeats = int(np.clip(REPEATED_ROWS // known.size, 1, REPEATS))
    parts = [_decided_apart(p[known], rows, task, costs, seed=seed + repeat) for repeat in range(repeats)]
    return parts[0] if repeats == 1 else _repeated(parts)


def _decided_apart(p: Floats, rows: Rows, task: Task, costs: Costs, *, seed: int) -> Evidence:
    calibrated = cross_fit(p, rows.y, task, rows.weight, seed=seed)
    decisions = choose(calibrated, costs, costs.expected(rows.inputs))
    if costs.refuses or costs.asks:
        decisions[~costs.decidable(rows.inputs)] = costs.answers if costs.asks else -1
    return decided_rows(rows, decisions, calibrated, costs)


def _repeated(parts: Sequence[Evidence]) -> Evidence:
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
        today=tiled(first.today),
        repeats=times,
    )


def pooled(first: Evidence, second: Evidence) -> Evidence:
    """Both as one. Each part keeps an average weight of 1; `p` stays if both have it.

    A group is the same in both parts. Where only one part has groups, each row of the other stands alone.
    """
    grouped = first.group is not None or second.group is not None
    probabilities = first.p is not None and second.p is not None
    differ = first.amounts is not None and second.amounts is not None
    later = first.expected is not None and second.expected is not None
    ruled = first.today is not None and second.today is not None
    return Evidence(
        decisions=np.concatenate((first.decisions, second.decisions)),
        y=np.concatenate((first.y, second.y)),
        p=np.concatenate((first.p, second.p)) if probabilities else None,  # type: ignore[arg-type]  # both are there
        weight=np.concatenate((first.shares / first.repeats, second.shares / second.repeats)),
        group=np.concatenate((_groups(first, above=second), _groups(second, above=first))) if grouped else None,
        amounts=np.concatenate((first.amounts, second.amounts)) if differ else None,  # type: ignore[arg-type]  # both are there
        expected=np.concatenate((first.expected, second.expected)) if later else None,  # type: ignore[arg-type]  # likewise
        today=np.concatenate((first.today, second.today)) if ruled else None,  # type: ignore[arg-type]  # likewise
        unpriced=first.unpriced + second.unpriced,
    )


def _groups(part: Evidence, *, above: Evidence) -> Ints:
    if part.group is not None:
        return part.group
    start = 0 if above.group is None or not above.n else int(above.group.max()) + 1
    return np.arange(start, start + part.y.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """Draws of units with replacement: `unit` [n] is each row's, `counts` [resamples, units] how often it came."""

    unit: Ints
    counts: Floats

    @classmethod
    def of(cls, evidence: Evidence, *, seed: int, resamples: int = RESAMPLES) -> Bootstrap:
        """Draws of the rows of `evidence`."""
        return cls.over(evidence.y.size, evidence.group, seed=seed, resamples=resamples)

    @classmethod
    def over(cls, rows: int, group: Ints | None, *, seed: int, resamples: int = RESAMPLES) -> Bootstrap:
        """Units are groups, else rows; more than `MOST_UNITS` are joined at random into blocks of equal size."""
        rng = np.random.default_rng(seed)
        unit = np.arange(rows)
        if group is not None:
            unit = np.unique(group, return_inverse=True)[1].astype(np.int64)
        size = int(unit.max()) + 1
        if size > MOST_UNITS:
            unit = (rng.permutation(size) % MOST_UNITS)[unit]
            size = MOST_UNITS
        counts = rng.multinomial(size, np.full(size, 1.0 / size), size=resamples)
        return cls(unit=unit, counts=counts.astype(np.float64))

    def means(self, values: Floats, shares: Floats) -> Floats:
        """The weighted mean of each column of `values` [n, k] in each resample [resamples, k]."""
        size = self.counts.shape[1]
        columns = [*(shares * column for column in values.T), shares]
        sums = self.counts @ np.column_stack([np.bincount(self.unit, column, size) for column in columns])
        weight: Floats = sums[:, -1:]
        return np.asarray(sums[:, :-1] / weight)
