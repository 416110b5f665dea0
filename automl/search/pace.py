"""How much fits into the time: folds, learning rates and limits of a fit, from counted work and the budget."""

from __future__ import annotations

from dataclasses import dataclass, replace

from automl.learners.base import Params
from automl.task import Task

# A boosting round with one tree of 50 leaves on one core of a small server (measured with LightGBM).
SECONDS_A_CELL = 1.2e-8
SECONDS_A_TREE = 1.5e-3
ROUNDS = 300  # what a default learning rate takes to the best round, roughly
BAGS = 6  # fewer whole cross-validations than that are no search: then one holdout
FITS = 5  # single fits that a holdout search should get to
FASTEST = 0.2  # learning rates are raised no higher
SHARE = 0.4  # of the search, the longest that one fit may take
PREPARE = 5.0  # seconds for reading the data and the first feature plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`folds` to run of each candidate, the factor on learning rates, and the soft limit of one fit in seconds."""

    folds: int
    rate: float
    fit_seconds: float

    def paced(self, params: Params) -> Params:
        """`params` with a learning rate for which there is time."""
        rate = params.get("learning_rate")
        if self.rate == 1.0 or not isinstance(rate, float):
            return params
        return {**params, "learning_rate": max(rate, min(rate * self.rate, FASTEST))}

    def one_fold(self) -> Pace:
        """The same with a holdout, for when folds turn out too slow."""
        return replace(self, folds=1)


def reserve_seconds(budget: float, rows: int, columns: int) -> float:
    """The part of a budget (seconds) that the search must leave to calibration, graph, gates and bundle.

    Eight seconds for what any run does (a cold start of the scorer, 2,000 single rows, hashes), a little for the
    larger models of longer searches, and the passes of the graph over the data; never more than half of the budget.
    """
    return min(0.5 * budget, 8.0 + 0.03 * budget + min(6.0, 5e-7 * rows * columns))


def fit_estimate(rows: int, columns: int, task: Task) -> float:
    """Seconds that a default booster takes to its best round."""
    return ROUNDS * task.width * (SECONDS_A_CELL * rows * columns + SECONDS_A_TREE)


def pace(*, rows: int, columns: int, task: Task, folds: int, seconds: float, workers: int) -> Pace:
    """The pace of a search of `seconds` on `workers` cores."""
    seconds = max(1.0, seconds)
    cores = seconds * workers
    estimate = fit_estimate(rows, columns, task)
    if cores / (estimate * folds) >= BAGS:
        return Pace(folds=folds, rate=1.0, fit_seconds=SHARE * seconds)
    return Pace(folds=1, rate=max(1.0, estimate * FITS / cores), fit_seconds=SHARE * seconds)
