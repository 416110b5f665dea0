"""The leaderboard: each trial with its score, time and memory, or why it failed; and what was chosen from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.executors.base import Status as JobStatus
from automl.features.plan import Plan
from automl.learners.base import Member, Params
from automl.search.worker.model_size import NOTHING, ModelSize
from automl.shown import Shown

# stopped: still under way when the time ended; left out: never tried
Status = JobStatus | Literal["stopped", "left out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One set of parameters, fitted on every fold.

    `loss` is the proper score that the search minimises, `score` the spec's metric, both on
    out-of-fold rows, the mean of all cross-validations; `detail` says why it failed, was dropped
    or was stopped; `rows` are those that it learned from on a fold; `footprint` is what the largest of its folds'
    models is made of; `oof` is the name by which the run folder loads its predictions.
    """

    id: int
    learner: str
    params: Params
    status: Status
    detail: str = ""
    loss: float = float("inf")
    score: float | None = None
    rounds: tuple[int, ...] = ()
    folds: int = 0
    rows: int = 0
    seconds: float = 0.0
    memory: int = 0
    footprint: ModelSize = NOTHING  # as the journal calls it
    oof: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An ensemble that could have shipped: no other is better, faster and smaller.

    `weights` are by trial id, `loss` and `score` out of fold as in `Trial`; `latency_p99` (seconds for one raw row) and
    `size` (bytes) are estimates (`cost.serving`).
    """

    weights: tuple[tuple[int, float], ...]
    loss: float
    score: float | None
    latency_p99: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard(Shown):
    """All trials of a run in the order they ended, and the chosen weights by trial id (they sum to 1).

    `front` holds what other weights of the serving cost would have chosen, the best first.
    """

    trials: tuple[Trial, ...]
    weights: tuple[tuple[int, float], ...]
    front: tuple[Point, ...] = ()

    @property
    def best(self) -> Trial:
        """The trial with the smallest loss among those predicted on every fold: one fold may be an easy one."""
        return min(self.trials, key=lambda trial: (trial.oof is None, trial.loss))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Train rows that models of earlier windows predicted: `rows` [m] are their places, one for each such model.

    `begun` [m] is when the window began whose model it was (microseconds of UTC); `predictions` [m, width] are those of
    each member, and `fresh` those of its model for the row's own window. `starts` [folds] is when each window began.
    """

    rows: NDArray[np.int64]
    begun: NDArray[np.float64]
    starts: NDArray[np.float64]
    predictions: tuple[NDArray[np.float64], ...]
    fresh: tuple[NDArray[np.float64], ...]

    def only(self, places: Sequence[int]) -> Ahead:
        """With some of the members alone."""
        predictions, fresh = (tuple(of[place] for place in places) for of in (self.predictions, self.fresh))
        return replace(self, predictions=predictions, fresh=fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Rows beyond the sample that no member learned from, with what each predicts of them ([m, width])."""

    rows: Rows
    predictions: tuple[NDArray[np.float64], ...]

    def only(self, places: Sequence[int]) -> Held:
        """With some of the members alone."""
        return replace(self, predictions=tuple(self.predictions[place] for place in places))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllRows:
    """What became of the rows of train that memory does not hold: `text` says it in one plain sentence.

    Where it was `shipped` the members learned from so many `rows` of about `of`, and calibration and policy learn from
    `held` others: of the sample, out of fold, where these are none.
    """

    shipped: bool
    rows: int
    of: int
    text: str
    held: int = 0

    def without(self, rows: int) -> AllRows:
        """What is told of a model that ships in their place, and learned from the `rows` in memory alone."""
        if not self.shipped:
            return self
        text = f"the members learned from {rows:,} of about {self.of:,} rows: those of more break a limit on serving"
        return replace(self, shipped=False, rows=rows, held=0, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the search hands on.

    `members[i]` is refitted on all train rows and enters the prediction with `weights[i]`.
    `oofs[i]` [n_train, width of a prediction] is what it predicted out of fold (probabilities or numbers),
    NaN in rows that no fold predicted (time splits, holdout). `ahead` is what models of earlier windows predicted.
    Where members learned from more than memory holds, both are of the sample's, and `held` is what the members predict.
    `native` holds each member's raw scores by its own library on the parity rows (positions in train).
    """

    board: Leaderboard
    plan: Plan  # fitted on all train rows; the members look at its matrix
    members: tuple[Member, ...]
    weights: tuple[float, ...]
    oofs: tuple[NDArray[np.float64], ...]
    parity_rows: NDArray[np.int64]
    native: tuple[NDArray[np.float64], ...]
    ahead: Ahead | None = None
    stopped: str | None = None  # why the search ended early, in plain words
    untried: str | None = None  # why a constant is all there is, where the time ended before anything else was tried
    all_rows: AllRows | None = None  # None where memory holds all rows
    held: Held | None = None

    @property
    def oof(self) -> NDArray[np.float64]:
        """The weighted out-of-fold prediction [n_train, width]."""
        return mixed(self.weights, self.oofs)

    def unlearned(self, train: Rows) -> tuple[Rows, NDArray[np.float64]]:
        """Rows and the prediction [n, width] of each without it: the held ones, else those of `train`, out of fold."""
        if self.held is None:
            return train, self.oof
        return self.held.rows, mixed(self.weights, self.held.predictions)

    def only(self, places: Sequence[int]) -> Outcome:
        """With some of the members alone, their weights in the same ratio to each other."""
        total = sum(self.weights[place] for place in places)
        weights = tuple(self.weights[place] / total for place in places)
        ids = [self.board.weights[place][0] for place in places]
        return replace(
            self,
            board=replace(self.board, weights=tuple(zip(ids, weights, strict=True))),
            members=tuple(self.members[place] for place in places),
            weights=weights,
            oofs=tuple(self.oofs[place] for place in places),
            ahead=None if self.ahead is None else self.ahead.only(places),
            held=None if self.held is None else self.held.only(places),
            native=tuple(self.native[place] for place in places),
        )


def mixed(weights: Iterable[float], predictions: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The weighted sum of predictions [n, width]."""
    return np.asarray(sum(weight * prediction for weight, prediction in zip(weights, predictions, strict=True)))
