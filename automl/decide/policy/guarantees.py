"""Requirements: the policy is held back, or pushed, until its floors can be promised with a confidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Prepared
from automl.decide.calibration.calibrate import cross_fit
from automl.decide.costs.bounds import Bounds
from automl.decide.costs.cost_matrix import Costs
from automl.decide.policy.expected_cost import choose
from automl.errors import LimitRefusal, SpecError
from automl.spec.objective import Objective, Require

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = tuple[int, int]  # rows that count, and of these the good ones
WHERE = "objective.require"
STEPS = 40  # bounds on each side of the policy
STARTS = 5  # sequences on each side
FLOORS = ("precision", "recall", "automated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Rows to test bounds on: probabilities [n, 1], truths [n], what each row is expected to cost, if rows differ.

    `decidable` [n]: rows that have all costs that a policy needs.
    """

    p: Floats
    y: Floats
    expected: Floats | None = None
    decidable: NDArray[np.bool_] | None = None

    def decided(self, costs: Costs) -> Ints:
        """The action codes [n]; -1 where a row is not decided."""
        decisions = choose(self.p, costs, self.expected)
        if self.decidable is not None and (costs.refuses or costs.asks):
            decisions[~self.decidable] = costs.answers if costs.asks else -1
        return decisions


def check_require(objective: Objective, costs: Costs | None, data: Prepared) -> None:
    """Raise `SpecError` where a floor has no meaning, or rows cannot be counted one by one."""
    asked = objective.require
    if asked is None:
        return
    named = objective.costs
    if costs is None or data.labels.task.kind != "binary" or (named is not None and named.matrix is not None):
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


def promised(objective: Objective, costs: Costs | None, oof: Floats, data: Prepared, *, seed: int) -> Costs | None:
    """The costs with the bounds under which the floors of `objective` are promised; as they are without floors.

    The bounds are tested on the train rows that a fold predicted (`oof` [n, 1]), each calibrated without its fold.
    Raises `LimitRefusal` where no bounds keep the floors.
    """
    asked = objective.require
    if asked is None or costs is None:
        return costs
    rows = data.train.take(np.flatnonzero(~np.isnan(oof).any(axis=1)))
    known = oof[~np.isnan(oof).any(axis=1)]
    trials = Trials(
        p=cross_fit(known, rows.y, data.labels.task, seed=seed),
        y=rows.y,
        expected=costs.expected(rows.inputs),
        decidable=costs.decidable(rows.inputs),
    )
    held = replace(costs, bounds=find_bounds(asked, costs, trials), require=asked)
    _check_capacity(held, trials)
    return held


def _check_capacity(costs: Costs, trials: Trials) -> None:
    """Raise `LimitRefusal` where the floors push more rows to an action than can get it."""
    if costs.bounds is None or costs.bounds.always is None or costs.capacity is None:
        return
    decisions = trials.decided(costs)
    for action, share in costs.capacity.shares.items():
        found = float((decisions == action).mean())
        if found > share:
            raise LimitRefusal(
                f"the floors take '{costs.actions[action]}' on {found:.2%} of the rows, and "
                f"{costs.capacity.texts[action]} can be",
                where=WHERE,
                hint="Lower the floors, or raise objective.capacity.",
            )


def find_bounds(asked: Require, costs: Costs, trials: Trials) -> Bounds | None:
    """The bounds nearest to the policy of smallest expected cost that keep all floors; None if it needs none.

    Learn then test (Angelopoulos et al. 2021): bounds stand on a line from never to always acting, with the policy
    in between; they are fixed by the probabilities, never by the truths. Fixed sequences walk from several starts
    towards the policy, each at its share of the error, until an exact binomial test no longer rejects that a floor
    is broken. All that were passed keep their floors together with the confidence.
    """
    path, middle = _path(costs, trials)
    starts = _starts(asked, len(path), middle)
    error = (1 - asked.confidence) / len(starts)
    found = cache(lambda place: _error(asked, path[place], costs, trials))  # sequences walk over the same places
    nearest: int | None = None
    for start in starts:
        step = int(np.sign(middle - start))
        for place in range(start, middle + (step or 1), step or 1):
            if found(place) > error:
                break
            nearest = place if nearest is None or abs(place - middle) < abs(nearest - middle) else nearest
    if nearest is None:
        raise _refusal(asked, [path[start] for start in starts], costs, trials, error)
    return None if nearest == middle else path[nearest]


def _path(costs: Costs, trials: Trials) -> tuple[list[Bounds], int]:
    """The bounds from the tightest to the loosest, and the place of the policy without bounds."""
    acts, p = choose(trials.p, costs, trials.expected) == 1, trials.p[:, 0]
    shares = np.arange(1, STEPS + 1) / (STEPS + 1)
    tight = np.unique(np.quantile(p[acts], shares))[::-1] if acts.any() else np.zeros(0)
    loose = np.unique(np.r_[0.0, np.quantile(p[~acts], shares)])[::-1] if (~acts).any() else np.zeros(0)
    held = [Bounds(least=float(bound)) for bound in tight]
    return [*held, Bounds(), *(Bounds(always=float(bound)) for bound in loose)], len(held)


def _starts(asked: Require, size: int, middle: int) -> list[int]:
    """Where sequences begin: on the tight side for precision, on the loose side for the other floors."""
    found = [middle]
    if asked.precision is not None:
        found += np.linspace(0, middle, STARTS, endpoint=False).astype(int).tolist()
    if asked.recall is not None or asked.automated is not None:
        found += np.linspace(size - 1, middle, STARTS, endpoint=False).astype(int).tolist()
    return sorted(set(found))


def counted(decisions: Ints, y: Floats, costs: Costs) -> dict[str, Counts]:
    """For each floor the rows that count and the good ones among them."""
    acted, positive, decided = decisions == 1, y == 1, decisions >= 0
    automated = decided & (decisions < costs.answers)
    return {
        "precision": (int(acted.sum()), int((acted & positive).sum())),
        "recall": (int((positive & decided).sum()), int((acted & positive).sum())),
        "automated": (int(decided.sum()), int(automated.sum())),
    }


def asked_floors(asked: Require) -> Iterator[tuple[str, float]]:
    """The floors that are asked for, by name."""
    yield from ((floor, getattr(asked, floor)) for floor in FLOORS if getattr(asked, floor) is not None)


def _error(asked: Require, bounds: Bounds, costs: Costs, trials: Trials) -> float:
    """The largest chance of so many good rows if a floor were just broken: exact, one sided."""
    from scipy.special import betainc

    held = replace(costs, bounds=bounds)
    found = counted(trials.decided(held), trials.y, costs)
    each = ((*found[floor], share) for floor, share in asked_floors(asked))
    return max(float(betainc(good, rows - good + 1, share)) if good else 1.0 for rows, good, share in each)


def _refusal(asked: Require, starts: list[Bounds], costs: Costs, trials: Trials, error: float) -> LimitRefusal:
    """What can be promised of each floor on its own (Clopper and Pearson 1934)."""
    from scipy.special import betaincinv

    tables = [counted(trials.decided(replace(costs, bounds=bounds)), trials.y, costs) for bounds in starts]
    reach = {
        floor: max(float(betaincinv(good, rows - good + 1, error)) if good else 0.0 for rows, good in each)
        for floor, _ in asked_floors(asked)
        for each in [[table[floor] for table in tables]]
    }
    wanted = " and ".join(f"{floor} of {share:.4g}" for floor, share in asked_floors(asked))
    nearest = ", ".join(f"{floor} of {np.floor(1000 * share) / 1000:.3f}" for floor, share in reach.items())
    alone = " (each alone)" if len(reach) > 1 else ""
    return LimitRefusal(
        f"{wanted} cannot be promised with a confidence of {asked.confidence:.4g} on {trials.y.size:,} rows",
        where=WHERE,
        hint=f"The nearest that can be promised{alone}: {nearest}.",
    )
