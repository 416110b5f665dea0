"""What a learner is: one frozen value with its spaces and a `fit` that gives a model that can be exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from automl.ops.expr import Expr
from automl.registry import LAST, Registry
from automl.task import Kind, Loss, Shape, Task

Value = float | int | str | bool
Params = Mapping[str, Value]
Configurations = Sequence[tuple[str, Params]]  # a learner by name, with its parameters
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A search dimension between `low` and `high`, on a log scale and in whole numbers if so said."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A search dimension of unordered options."""

    options: tuple[Value, ...]


Space = Mapping[str, Range | Choice]


Direction = Literal[-1, 0, 1]  # a prediction may only fall, may do anything, may only rise with the feature


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureInfo:
    """What a learner may know of a column of the matrix (see `features.plan.Feature`).

    A learner that is `Learner.monotone` keeps the `direction`, where the target is two labels or a number. What it
    learns of a level, or of a combination with others, stands in the model where at least `least` rows have it.
    """

    name: str
    kind: Literal["number", "code", "level", "token", "target"]
    levels: int = 0
    bag: str = ""
    direction: Direction = 0
    least: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Features [n, F] with the target and weights [n]."""

    values: Floats
    features: tuple[FeatureInfo, ...]
    y: Floats
    weight: Floats | None = None

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The direction of each column; empty if none has one."""
        found = tuple(feature.direction for feature in self.features)
        return found if any(found) else ()

    def head(self, rows: int) -> Matrix:
        """The first so many rows."""
        weight = None if self.weight is None else self.weight[:rows]
        return replace(self, values=self.values[:rows], y=self.y[:rows], weight=weight)

    @property
    def least(self) -> int:
        """The rows that a combination of levels must have, whichever columns they are of."""
        return max((feature.least for feature in self.features), default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinnedRows:
    """Rows that memory does not hold, as files: `bins` uint8 [n, F] row by row, `y` and `weight` float64 [n].

    `edges[j]` part the values of feature j into its bins (see `learners._binned`).
    """

    bins: str
    y: str
    weight: str | None
    features: tuple[FeatureInfo, ...]
    edges: tuple[Floats, ...]

    def targets(self) -> Matrix:
        """The targets and weights, in memory, without features."""
        return Matrix(
            values=np.empty((0, len(self.features))),
            features=self.features,
            y=np.fromfile(self.y),
            weight=None if self.weight is None else np.fromfile(self.weight),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A fitted model as plain data: what the graph is made of. It crosses process borders by pickle.

    `raw` [N, task.width] and `prediction` are expressions over `ops.expr.Features` (`prediction` has `raw`
    inside): probability of the positive label [N, 1], of each class [N, classes], or the number [N, 1].
    `rounds` is the number of boosting rounds kept, None where there are none. `fits` with other seeds are averaged in
    it. `taught`: it has learned what a larger model answers.
    """

    learner: str
    params: Params
    raw: Expr
    prediction: Expr
    rounds: int | None = None
    fits: int = 1
    taught: bool = False


class Model(Protocol):
    """A fitted model in its own library, alive only inside a worker."""

    @property
    def rounds(self) -> int | None:
        """Boosting rounds kept after early stopping."""

    def raw(self, values: Floats) -> Floats:
        """The library's own raw score [n, width] for the feature matrix [n, F]."""

    def member(self) -> Member:
        """The same model as plain data."""


class Fit(Protocol):
    """Fit on `train`. With `valid` stop early on it, else train for ``params["rounds"]``.

    `seconds` is a soft limit: a learner that can stop between rounds does, and gives what it has.
    """

    def __call__(
        self, train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float
    ) -> Model: ...


class FitBinned(Protocol):
    """Fit on rows that memory does not hold, in little more than their bins; stop early on `valid`, or by time.

    `valid` has bins as numbers in place of values, NaN where one is missing. The model is one of such numbers.
    `threads` are all that there are: no other fit runs beside it.
    """

    def __call__(
        self, train: BinnedRows, valid: Matrix, task: Task, params: Params, *, seed: int, seconds: float, threads: int
    ) -> Model: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """One learner. `cost` is its typical time against LightGBM's.

    `portfolio(task, rows)` opens with its defaults; it is empty where the learner is not worth its time. Among
    learners that are not measured together (see `portfolio`) the one of the lowest `order` is tried first, then by
    name. `package` is the distribution that computes it, whose version belongs to a fit, and `preload` the modules
    that its fits import, in the order of first use: workers load them once, before the first fit.
    """

    name: str
    kinds: frozenset[Kind]
    portfolio: Callable[[Task, int], tuple[Params, ...]]
    space: Callable[[Task, int], Space]
    fit: Fit
    fit_binned: FitBinned | None = None  # by chunks, for rows that memory does not hold
    bytes_a_row: tuple[float, float] = (0.0, 0.0)  # that it takes: for a row, and for each of its cells
    narrow: bool = False  # it compares features as float32, and takes what is below a threshold
    cost: float = 1.0
    monotone: bool = False  # it keeps the directions of its features
    categories: bool = (
        False  # it is worth a trial only where the table has columns of categories, and there an early one
    )
    levels: bool = False  # it looks at columns of kind ``level``, which are hidden from others (see `seen`)
    texts: bool = False  # the same of kind ``token``; it is worth a trial only where there are texts or lists, early
    baseline: bool = False  # fitted first, in seconds, so that a candidate always stands
    order: int = LAST
    package: str | None = None
    preload: tuple[str, ...] = ()
    tolerance: float = 1e-12  # of a raw score, or of 1 if that is more: how far the library's may be from its export's


LOSS: Mapping[str, Loss] = {
    "mae": "absolute",
    "rmsle": "log",
    "poisson_deviance": "poisson",
    "gamma_deviance": "gamma",
}


def aimed(task: Task, y: Floats, loss: str) -> Task:
    """The task with what learners may know of its target `y` [n] of train and of the proper score named `loss`."""
    if task.kind != "regression":
        return task
    shape: Shape = "any"
    if float(y.min()) >= 0.0:
        shape = "counts" if float(y.min()) == 0.0 and bool(np.all(y == np.floor(y))) else "positive"
    return replace(task, loss=LOSS.get(loss, "squared"), shape=shape)


def modules() -> tuple[str, ...]:
    """What workers load before the first fit: each learner's `preload`, baselines first."""
    ordered = sorted(learners.all.values(), key=lambda learner: (not learner.baseline, learner.order))
    return tuple(dict.fromkeys(name for learner in ordered for name in learner.preload))


learners = Registry("automl.learners", Learner, "learner")
