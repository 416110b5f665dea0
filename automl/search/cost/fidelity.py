"""How much fits into the time: folds, learning rates and limits of a fit, from counted work and the budget."""

from __future__ import annotations

import math
from dataclasses import dataclass

from automl.learners.base import Params
from automl.task import Task

# A boosting round with one tree of 50 leaves on one core of a small server (measured with LightGBM).
SECONDS_A_CELL = 1.2e-8
SECONDS_A_TREE = 1.5e-3
ROUNDS = 300  # what a default learning rate takes to the best round, roughly
BAGS = 6  # candidates on all folds that a search should get to, else there are fewer folds
BAGS_LEFT = 3  # the same once the first fit has shown how fast this machine is
FEWEST = 2.5  # candidates on all folds that are enough where one fold would tell too little
FEWEST_GUESSED = 1.0  # the same by counted work: a guess may be three times too long, and the first fit settles it
FITS = 5  # single fits that a search should get to, else learning rates are raised
FASTEST = 0.2  # learning rates are raised no higher
SHARE = 0.4  # of the search, the longest that one fit may take
PASSES = 0.9  # of the search, the longest that its first fold, the others beside each other, and a refit may take
REFITS = 0.3  # of the search, the most that is set aside for refits after a holdout
LATER = 0.45  # the same where the rows held out are the latest ones, most like those to come
PREPARE = 5.0  # seconds for reading the data and the first feature plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """`folds` to run of each candidate, the factor on learning rates, and the soft limit of one fit in seconds."""

    folds: int
    rate: float
    fit_seconds: float
    refit_seconds: float  # with a holdout, longer refits are left out: the fitted models ship


def fit_estimate(rows: int, columns: int, task: Task) -> float:
    """Seconds that a default booster takes to its best round."""
    return ROUNDS * task.width * (SECONDS_A_CELL * rows * columns + SECONDS_A_TREE)


def choose_fidelity(
    estimate: float,
    *,
    folds: int,
    seconds: float,
    workers: int,
    bags: int = BAGS,
    least: int = 1,
    fewest: float = FEWEST_GUESSED,
    by_time: bool = False,
) -> Fidelity:
    """The fidelity of a search of `seconds` on `workers` cores, where a usual fit takes `estimate` seconds.

    It has at most `folds` folds, fewer where there is no time for `bags` candidates on all of them; but `least` where
    there is time for `fewest` candidates. `by_time`: the rows held out are the latest ones.
    """
    seconds = max(1.0, seconds)
    cores = seconds * workers
    fits = cores / max(estimate, 1e-9)
    some = min(least, int(fits / fewest))
    folds = max(1, min(folds, max(int(fits / bags), some)))
    passes = 2 + math.ceil((folds - 1) / workers)
    return Fidelity(
        folds=folds,
        rate=max(1.0, FITS / fits),
        fit_seconds=min(SHARE, PASSES / passes) * seconds,
        refit_seconds=(LATER if by_time else REFITS) * seconds,
    )


def at_rate(params: Params, factor: float) -> Params:
    """`params` with a learning rate `factor` times as high: for fewer rounds up to `FASTEST`, or for more."""
    rate = params.get("learning_rate")
    if factor == 1.0 or not isinstance(rate, float):
        return params
    return {**params, "learning_rate": rate * factor if factor < 1.0 else max(rate, min(rate * factor, FASTEST))}


def hurried(params: Params, factor: float) -> Params:
    """`params` in a hurry, if `factor` is above 1: else as they are."""
    return at_rate(params, max(1.0, factor))
