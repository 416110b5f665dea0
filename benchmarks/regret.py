"""How much money calibrated decisions lose against an oracle that knows every probability.

    python benchmarks/regret.py [--problems 200]

Each problem has scores that are a monotone distortion of the true probability, calibrated on 20,000 rows with labels,
and random constant costs: zero, negative, a true positive dearer than a miss, half of them with a review. The regret is
(our cost - the oracle's) / (the worst constant action's - the oracle's), all expected under the true probability.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from automl.decide.calibrate import fit_calibration
from automl.decide.costs import BINARY_CELLS, Costs
from automl.decide.policy import choose
from automl.decide.review import CELL, Review
from automl.task import Task

Floats = NDArray[np.float64]
ROWS: Final = 20_000
BINARY: Final = Task(kind="binary", classes=2)
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
    new = draw(rows)
    decided = choose(calibration.apply(distort(new)[:, None]), costs)
    ours, best, constant = _counted(new, decided, costs)
    return 0.0 if max(constant) <= best else (ours - best) / (max(constant) - best)


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


def _costs(rng: np.random.Generator) -> Costs:
    negative, alarm, miss, hit = rng.choice([0.0, 1.0, 1.0], 4) * rng.normal(0, 1, 4) * 10 ** rng.uniform(0, 1.5, 4)
    if rng.random() < 0.5:  # half of them as people mean it: each mistake costs something
        alarm, miss = negative + abs(alarm), hit + abs(miss)
    matrix = np.array([[negative, alarm], [miss, hit]])
    if rng.random() < 0.5:
        return Costs(actions=("pass", "act"), matrix=matrix, cells=BINARY_CELLS, currency="", given=True)
    review = Review(cost=float(rng.exponential(0.2) * np.abs(matrix).mean()), error=float(rng.uniform(0, 0.2)))
    cells = tuple((*cells, CELL) for cells in BINARY_CELLS)
    asked = review.added(matrix)
    return Costs(actions=("pass", "act", "review"), matrix=asked, cells=cells, currency="", given=True, review=review)


def _counted(true: Floats, decided: NDArray[np.int64], costs: Costs) -> tuple[float, float, list[float]]:
    """The cost of ours, the oracle's, and each constant action's, case by case and by no formula of the engine."""
    (negative, alarm), (miss, hit) = costs.matrix[0][:2], costs.matrix[1][:2]
    actions = [
        [(1 - p) * negative + p * miss, (1 - p) * alarm + p * hit]
        + (
            [
                (1 - p) * (fee + wrong * max(negative, alarm) + (1 - wrong) * min(negative, alarm))
                + p * (fee + wrong * max(miss, hit) + (1 - wrong) * min(miss, hit))
                for fee, wrong in [(costs.review.cost, costs.review.error)]
            ]
            if costs.review
            else []
        )
        for p in true.tolist()
    ]
    ours = sum(each[code] for each, code in zip(actions, decided.tolist(), strict=True))
    return ours, sum(map(min, actions)), [sum(column) for column in zip(*actions, strict=True)]


def main() -> int:
    """Print the mean and the worst regret, and whether they are accepted."""
    parser = argparse.ArgumentParser(description="regret against an oracle")
    parser.add_argument("--problems", type=int, default=200)
    found = [regret(seed) for seed in range(parser.parse_args().problems)]
    mean, worst = float(np.mean(found)), max(found)
    print(
        f"{len(found)} problems: mean regret {mean:.2%} (at most {MEAN:.0%}), worst {worst:.2%} (at most {WORST:.0%})"
    )
    return int(mean > MEAN or worst > WORST)


if __name__ == "__main__":
    raise SystemExit(main())
