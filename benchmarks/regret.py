"""How much money calibrated decisions lose against an oracle that knows every probability.

    python benchmarks/regret.py [--problems 200]

Each problem has scores that are a monotone distortion of the true probability, calibrated on 20,000 rows with labels,
and random constant costs: zero, negative, a true positive dearer than a miss, half of them with a review, and half of
them with room for so many rows only, to act on or to review. The regret is (our cost - the oracle's) / (the worst
constant action's - the oracle's), all expected under the true probability of new rows. Under a capacity our rows are
ranked as one batch, and a constant action that so many rows can get is taken on these, drawn at random. The oracle
ranks by linear programming.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from automl.decide.calibration.calibrate import fit_calibration
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.review import CELL, ReviewCost
from automl.decide.policy.capacity import Capacity, allot
from automl.decide.policy.expected_cost import costs_of_actions
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.baselines import baselines
from automl.task import Task

Floats = NDArray[np.float64]
ROWS: Final = 20_000
NEW: Final = 5_000  # rows that are decided
BINARY: Final = Task(kind="binary", classes=2)
ROUNDING: Final = 1e-9  # of a sum: where actions cost the same there is nothing to lose
MEAN, WORST = 0.02, 0.05  # what is accepted


def regret(seed: int, rows: int = ROWS) -> float:
    """The regret of one problem: a share of what there is to lose."""
    rng = np.random.default_rng(seed)
    distort = _distortion(rng)
    draw = _truth(rng)
    true = draw(rows)
    labels = (rng.random(rows) < true).astype(np.float64)
    calibration = fit_calibration(distort(true)[:, None], labels, BINARY, seed=seed)
    costs = _costs(rng)
    new = draw(NEW)
    most = _capacity(rng, costs)
    p = calibration.apply(distort(new)[:, None])
    decided = allot(costs_of_actions(p, costs), most.room(NEW)) if most else LabelPolicy(costs=costs).choose(p)
    table = _table(new, costs)
    ours = float(table[np.arange(NEW), decided].sum())
    best = _oracle(table, most.room(NEW)) if most else float(table.min(axis=1).sum())
    worst = max(_constant(table, one.shares) for one in baselines(LabelPolicy(costs=costs, capacity=most)))
    at_stake = worst - best
    return 0.0 if at_stake <= ROUNDING * max(1.0, abs(best)) else (ours - best) / at_stake


def _truth(rng: np.random.Generator) -> Callable[[int], Floats]:
    """True probabilities: rare to common positives, weak to strong signal."""
    middle, spread = rng.uniform(-4, 1), rng.uniform(0.7, 2.5)
    return lambda n: 1 / (1 + np.exp(-rng.normal(middle, spread, n)))


def _distortion(rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """A rising curve that no probability should follow."""
    slope, shift, power = rng.uniform(0.3, 3), rng.normal(0, 1.5), rng.uniform(0.3, 3)
    cuts = np.sort(rng.random(6))
    heights = np.sort(rng.random(6))
    kinds: list[Callable[[Floats], Floats]] = [
        lambda p: 1 / (1 + np.exp(-(slope * np.log(p / (1 - p)) + shift))),
        lambda p: p**power,
        lambda p: 0.3 + 0.4 * p,
        lambda p: np.interp(p, [0, *cuts, 1], [0, *heights, 1]),
        lambda p: 0.5 * p + 0.5 / (1 + np.exp(-20 * (p - 0.3))),
    ]
    return kinds[int(rng.integers(len(kinds)))]


def _costs(rng: np.random.Generator) -> CostMatrix:
    negative, alarm, miss, hit = rng.choice([0.0, 1.0, 1.0], 4) * rng.normal(0, 1, 4) * 10 ** rng.uniform(0, 1.5, 4)
    if rng.random() < 0.5:  # half of them as people mean it: each mistake costs something
        alarm, miss = negative + abs(alarm), hit + abs(miss)
    matrix = np.array([[negative, alarm], [miss, hit]])
    if rng.random() < 0.5:
        return CostMatrix(actions=("pass", "act"), matrix=matrix, cells=BINARY_CELLS, currency="", given=True)
    review = ReviewCost(cost=float(rng.exponential(0.2) * np.abs(matrix).mean()), error=float(rng.uniform(0, 0.2)))
    cells = tuple((*cells, CELL) for cells in BINARY_CELLS)
    asked = review.added(matrix)
    return CostMatrix(
        actions=("pass", "act", "review"), matrix=asked, cells=cells, currency="", given=True, review=review
    )


def _capacity(rng: np.random.Generator, costs: CostMatrix) -> Capacity | None:
    """Half of the problems have one: for acting, for reviews, or for both."""
    if rng.random() < 0.5:
        return None
    limited = [1] if costs.review is None else [[1], [2], [1, 2]][int(rng.integers(3))]
    shares = {action: float(rng.choice([0.01, 0.05, 0.2])) for action in limited}
    return Capacity(shares=shares, texts={}, prices=np.zeros(len(costs.actions)))


def _table(true: Floats, costs: CostMatrix) -> Floats:
    """What each action costs on each row [n, actions], case by case and by no formula of the engine."""
    (negative, alarm), (miss, hit) = costs.matrix[0][:2], costs.matrix[1][:2]
    columns = [(1 - true) * negative + true * miss, (1 - true) * alarm + true * hit]
    if costs.review:
        fee, wrong = costs.review.cost, costs.review.error
        of_other = fee + wrong * max(negative, alarm) + (1 - wrong) * min(negative, alarm)
        of_positive = fee + wrong * max(miss, hit) + (1 - wrong) * min(miss, hit)
        columns.append((1 - true) * of_other + true * of_positive)
    return np.column_stack(columns)


def _oracle(table: Floats, room: Mapping[int, int]) -> float:
    """The smallest total cost with room for so many rows: a linear program, whose corners are whole decisions."""
    rows, actions = table.shape
    cell = np.arange(rows * actions).reshape(rows, actions)
    ones = np.ones(rows * actions)
    each_row = csr_array((ones, (np.repeat(np.arange(rows), actions), cell.ravel())))
    limited = np.concatenate([cell[:, action] for action in room])
    which = np.repeat(np.arange(len(room)), rows)
    within = csr_array((np.ones(limited.size), (which, limited)), shape=(len(room), cell.size))
    found = linprog(table.ravel(), A_ub=within, b_ub=[*room.values()], A_eq=each_row, b_eq=np.ones(rows))
    return float(found.fun)


def _constant(table: Floats, shares: Mapping[int, float]) -> float:
    return sum(share * float(table[:, action].sum()) for action, share in shares.items())


def main() -> int:
    """Print the mean and the worst regret, and whether they are accepted."""
    parser = argparse.ArgumentParser(description="regret against an oracle")
    parser.add_argument("--problems", type=int, default=200)
    found = [regret(seed) for seed in range(parser.parse_args().problems)]
    for seed in np.argsort(found)[:-6:-1]:
        print(f"problem {seed}: regret {found[seed]:.2%}")
    mean, worst = float(np.mean(found)), max(found)
    print(
        f"{len(found)} problems: mean regret {mean:.2%} (at most {MEAN:.0%}), worst {worst:.2%} (at most {WORST:.0%})"
    )
    return int(mean > MEAN or worst > WORST)


if __name__ == "__main__":
    raise SystemExit(main())
