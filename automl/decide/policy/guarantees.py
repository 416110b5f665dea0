"""Requirements: the policy is held back, or pushed, until its floors can be promised with a confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Prepared
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import CostMatrix
from automl.decide.policy.bounds import Bounds
from automl.decide.policy.label_policy import LabelPolicy
from automl.errors import LimitRefusal, SpecError
from automl.spec.objective import Objective, Require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
WHERE = "objective.require"
STEPS = 40  # bounds on each side of the policy
STARTS = 5  # sequences on each side
FLOORS = ("precision", "recall", "automated")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedRows:
    """Rows to test bounds on: probabilities [n, 1], truths [n], what each row is expected to cost, if rows differ.

    `decidable` [n]: rows that have all costs that a policy needs.
    """

    p: Floats
    y: Floats
    expected: Floats | None
    decidable: Flags

    @classmethod
    def of(cls, oof: OutOfFold, costs: CostMatrix) -> Self:
        """The train rows that a fold predicted, each calibrated without its fold."""
        frame = oof.rows.inputs
        return cls(p=oof.calibrated, y=oof.rows.y, expected=costs.expected(frame), decidable=costs.decidable(frame))

    def decided(self, policy: LabelPolicy) -> Ints:
        """The action codes [n]; -1 where a row is not decided."""
        return policy.decide(self.p, self.expected, self.decidable)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorCount:
    """A floor that is asked for: the `share` of its `rows` that have to be good, and how many are."""

    floor: str
    share: float
    rows: int
    good: int


def check_guarantees(objective: Objective, costs: CostMatrix, data: Prepared) -> None:
    """Raise `SpecError` where a floor has no meaning, or rows cannot be counted one by one."""
    asked = objective.require
    if asked is None:
        return
    named = objective.costs
    if data.labels.task.kind != "binary" or (named is not None and named.matrix is not None):
        hint = "it takes a target of two labels, and costs without a matrix"
        raise SpecError("a requirement is for acting or not", where=WHERE, hint=hint)
    if asked.automated is not None and costs.review is None:
        hint = "add [objective.review], or remove the floor"
        raise SpecError("without a review every row is decided", where=f"{WHERE}.automated", hint=hint)
    if data.train.weight is not None or data.train.group is not None:
        raise SpecError(
            "the promise counts rows one by one, so weights, groups and a base rate are not supported with it yet",
            where=WHERE,
        )
    if not any(getattr(asked, floor) is not None for floor in FLOORS):
        raise SpecError("there is no floor", where=WHERE, hint="give precision, recall or automated")
    if not 0 < asked.confidence < 1:
        raise SpecError("the confidence lies between 0 and 1, and is neither", where=f"{WHERE}.confidence")


def fit_guarantees(policy: LabelPolicy, oof: OutOfFold) -> LabelPolicy:
    """The policy with the bounds under which its floors are promised; as it is without floors.

    Raises `LimitRefusal` where no bounds keep the floors.
    """
    if policy.require is None:
        return policy
    rows = CalibratedRows.of(oof, policy.costs)
    held = replace(policy, bounds=find_bounds(policy.require, policy, rows))
    _check_capacity(held, rows)
    return held


def _check_capacity(policy: LabelPolicy, rows: CalibratedRows) -> None:
    """Raise `LimitRefusal` where the floors push more rows to an action than can get it."""
    bounds, capacity = policy.bounds, policy.capacity
    if bounds is None or bounds.always is None or capacity is None:
        return
    decisions = rows.decided(policy)
    for action, most in capacity.shares.items():
        taken = float((decisions == action).mean())
        if taken > most:
            raise LimitRefusal(
                f"the floors take '{policy.actions[action]}' on {taken:.2%} of the rows, and "
                f"{capacity.texts[action]} can be",
                where=WHERE,
                hint="Lower the floors, or raise objective.capacity.",
            )


def find_bounds(asked: Require, policy: LabelPolicy, rows: CalibratedRows) -> Bounds | None:
    """The bounds nearest to the policy of smallest expected cost that keep all floors; None if it needs none.

    Learn then test (Angelopoulos et al. 2021): bounds stand on a line from never to always acting, with the policy
    in between; they are fixed by the probabilities, never by the truths. Fixed sequences walk from several starts
    towards the policy, each at its share of the error, until an exact binomial test no longer rejects that a floor
    is broken. All that were passed keep their floors together with the confidence.
    """
    path, middle = _path(policy, rows)
    starts = _starts(asked, len(path), middle)
    error = (1 - asked.confidence) / len(starts)
    chance = cache(lambda place: _chance(_counts(asked, path[place], policy, rows)))  # sequences share places
    nearest: int | None = None
    for start in starts:
        step = int(np.sign(middle - start))
        for place in range(start, middle + (step or 1), step or 1):
            if chance(place) > error:
                break
            nearest = place if nearest is None or abs(place - middle) < abs(nearest - middle) else nearest
    if nearest is None:
        tried = [_counts(asked, path[start], policy, rows) for start in starts]
        raise _refusal(asked, tried, rows.y.size, error)
    return None if nearest == middle else path[nearest]


def _path(policy: LabelPolicy, rows: CalibratedRows) -> tuple[list[Bounds], int]:
    """The bounds from the tightest to the loosest, and the place of the policy without bounds."""
    acts, p = policy.choose(rows.p, rows.expected) == 1, rows.p[:, 0]
    shares = np.arange(1, STEPS + 1) / (STEPS + 1)
    tight = np.unique(np.quantile(p[acts], shares))[::-1] if acts.any() else np.zeros(0)
    loose = np.unique(np.r_[0.0, np.quantile(p[~acts], shares)])[::-1] if (~acts).any() else np.zeros(0)
    held = [Bounds(least=float(bound)) for bound in tight]
    return [*held, Bounds(), *(Bounds(always=float(bound)) for bound in loose)], len(held)


def _starts(asked: Require, size: int, middle: int) -> list[int]:
    """Where sequences begin: on the tight side for precision, on the loose side for the other floors."""
    starts = [middle]
    if asked.precision is not None:
        starts += np.linspace(0, middle, STARTS, endpoint=False).astype(int).tolist()
    if asked.recall is not None or asked.automated is not None:
        starts += np.linspace(size - 1, middle, STARTS, endpoint=False).astype(int).tolist()
    return sorted(set(starts))


def count_floors(asked: Require, decisions: Ints, y: Floats, answers: int) -> tuple[FloorCount, ...]:
    """For each floor that is asked for the rows that count and the good ones among them.

    `decisions` [n] are action codes, -1 where a row is not decided; those below `answers` are no review.
    """
    acted, positive, decided = decisions == 1, y == 1, decisions >= 0
    among = {
        "precision": (acted, positive),
        "recall": (positive & decided, acted),
        "automated": (decided, decisions < answers),
    }
    return tuple(
        FloorCount(floor=floor, share=share, rows=int(rows.sum()), good=int((rows & good).sum()))
        for floor, (rows, good) in among.items()
        if (share := getattr(asked, floor)) is not None
    )


def _counts(asked: Require, bounds: Bounds, policy: LabelPolicy, rows: CalibratedRows) -> tuple[FloorCount, ...]:
    return count_floors(asked, rows.decided(replace(policy, bounds=bounds)), rows.y, policy.costs.answers)


def _chance(counts: Sequence[FloorCount]) -> float:
    """The largest chance of so many good rows if a floor were just broken: exact, one sided."""
    from scipy.special import betainc

    return max(float(betainc(c.good, c.rows - c.good + 1, c.share)) if c.good else 1.0 for c in counts)


def _refusal(asked: Require, tried: Sequence[Sequence[FloorCount]], rows: int, error: float) -> LimitRefusal:
    """What can be promised of each floor on its own (Clopper and Pearson 1934), of all counts that were `tried`."""
    from scipy.special import betaincinv

    reach: dict[str, float] = {}
    for count in (count for counts in tried for count in counts):
        least = float(betaincinv(count.good, count.rows - count.good + 1, error)) if count.good else 0.0
        reach[count.floor] = max(least, reach.get(count.floor, 0.0))
    wanted = " and ".join(f"{count.floor} of {count.share:.4g}" for count in tried[0])
    nearest = ", ".join(f"{floor} of {np.floor(1000 * share) / 1000:.3f}" for floor, share in reach.items())
    alone = " (each alone)" if len(reach) > 1 else ""
    return LimitRefusal(
        f"{wanted} cannot be promised with a confidence of {asked.confidence:.4g} on {rows:,} rows",
        where=WHERE,
        hint=f"The nearest that can be promised{alone}: {nearest}.",
    )
