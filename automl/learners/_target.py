"""The road from a target to what a booster learns, and from a raw score back to the prediction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar, cast

import numpy as np

from automl.learners.base import Floats, Matrix, Params
from automl.ops.expr import Exponential, Expr, Maximum, Minimum, Multiply, Sigmoid, Softmax, Subtract, constant
from automl.task import Task

Objective = Literal["squared", "absolute", "poisson", "tweedie", "gamma"]
MOST_SMEAR = 1.5
SMALLEST_UNIT = 2.0**-10  # of the mean target: on the log scale nothing below it matters
ABOVE_SEEN = 1.0  # on the log scale a prediction may exceed the largest target of train by a factor of e


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A learner sees ``(f(y) - center) / spread``, where f is log1p(y / unit) or the identity; classes stay as is.

    Boosters keep targets as float32, which a large offset or spread would drown: hence the scaling.
    The raw score of a member is ``center + spread * native``. On the log scale it estimates the mean of
    log1p(y / unit), and ``exp(raw) - 1`` lies below the mean of a skewed target: where squared errors count, `smear`
    makes up for it. The unit follows from the targets, so that y in thousands makes the same model as y in ones.

    With the objectives ``poisson``, ``tweedie`` and ``gamma`` it sees y / mean, and the raw score is the log of the
    expected target. Where the targets are not what such an objective is for, it falls back on ``squared``.
    """

    task: Task
    objective: Objective = "squared"
    log: bool = False
    unit: float = 1.0
    smear: float = 1.0
    center: float = 0.0
    spread: float = 1.0
    top: float = np.inf

    @classmethod
    def of(cls, train: Matrix, task: Task, params: Params) -> Target:
        """Learn the scaling from `train`; ``target = "log"`` holds only where no target is negative."""
        if task.kind != "regression":
            return cls(task=task)
        objective = _objective(train, params)
        if objective not in PLAIN:
            mean = float(np.average(train.y, weights=train.weight))
            top = float(np.log(train.y.max())) + ABOVE_SEEN
            return cls(task=task, objective=objective, center=float(np.log(mean)), top=top)
        log = params.get("target", "plain") == "log" and float(train.y.min()) >= 0.0
        unit = _unit(train, task) if log else 1.0
        y = np.log1p(train.y / unit) if log else train.y
        center = float(np.average(y, weights=train.weight))
        spread = float(np.sqrt(np.average((y - center) ** 2, weights=train.weight)))
        usable = np.isfinite(spread) and spread > 0.0
        return cls(
            task=task,
            objective=objective,
            log=log,
            unit=unit,
            center=center,
            spread=spread if usable else 1.0,
            top=float(y.max()) + ABOVE_SEEN,
        )

    def learned(self, y: Floats) -> Floats:
        """What the library is given for targets `y` [n]; below 0 on a validation row counts as 0 on the log scale."""
        if self.task.kind != "regression":
            return y
        if self.objective not in PLAIN:
            return np.asarray(np.maximum(y, 0.0) / np.exp(self.center))
        return ((np.log1p(np.maximum(y, 0.0) / self.unit) if self.log else y) - self.center) / self.spread

    def raw(self, native: Floats) -> Floats:
        """The library's scores [n] or [n, width] as raw scores [n, width]."""
        wide = np.asarray(native, dtype=np.float64).reshape(len(native), self.task.width)
        return wide if self.task.kind != "regression" else self.center + self.spread * wide

    def smeared(self, raw: Floats, train: Matrix) -> Target:
        """With the factor from log1p back to the mean (Duan 1983), from raw scores [n, 1] of the rows learned from.

        Boosters fit their own rows too well, so it corrects too little rather than too much.
        """
        y = np.log1p(train.y / self.unit)
        factor = np.average(np.exp(y - np.minimum(raw[:, 0], self.top)), weights=train.weight)
        return replace(self, smear=float(np.clip(factor, 1.0, MOST_SMEAR)))

    def prediction(self, raw: Expr) -> Expr:
        """Probabilities or the number, from the raw score."""
        if self.task.kind == "binary":
            return Sigmoid(raw)
        if self.task.kind == "multiclass":
            return Softmax(raw)
        if self.objective not in PLAIN:
            return Exponential(Minimum(raw, constant(self.top)))
        if not self.log:
            return raw
        level = Multiply(Exponential(Minimum(raw, constant(self.top))), constant(self.smear))
        units = Maximum(Subtract(level, constant(1.0)), constant(0.0))
        return units if self.unit == 1.0 else Multiply(units, constant(self.unit))


def directed(params: Params, train: Matrix) -> Params:
    """`params` under which leaves keep the directions of features: medians of leaves, set afterwards, would not."""
    if train.directions and params.get("objective") == "absolute":
        return {**params, "objective": "squared"}
    return params


class Aimed(Protocol):
    """A fitted model, a dataclass, that knows its target."""

    @property
    def target(self) -> Target:
        """What it learned."""

    def raw(self, values: Floats) -> Floats:
        """Raw scores [n, width]."""


A = TypeVar("A", bound=Aimed)


def smeared(model: A, train: Matrix) -> A:
    """`model` with a smeared target, where it learned the log by squares and the metric is one of squares."""
    target = model.target
    if not target.log or target.objective != "squared" or target.task.loss != "squared":
        return model
    return replace(model, target=target.smeared(model.raw(train.values), train))  # type: ignore[type-var]  # a dataclass


def regression_entries(task: Task, plain: Params) -> tuple[Params, ...]:
    """`plain` with the objectives and targets that suit the task's loss and shape, the likeliest first.

    Counts want Poisson, by measurement: with a squared metric, too, its validation loss is lower than that of squares.
    """
    log: Params = {**plain, "target": "log"}
    tweedie: Params = {**plain, "objective": "tweedie"}
    if task.loss == "absolute":
        absolute: Params = {**plain, "objective": "absolute"}
        return absolute, {**absolute, "target": "log"}, plain
    if task.loss == "log":
        return log, plain
    if task.loss != "squared":
        return {**plain, "objective": task.loss}, tweedie, log
    if task.shape == "counts":
        return {**plain, "objective": "poisson"}, plain, log
    return (plain, log, tweedie) if task.shape == "positive" else (plain, log)


def _unit(train: Matrix, task: Task) -> float:
    """What is added to targets before their log is taken, in their own unit: the step in which they are counted.

    Counts are counted in ones; where steps are finer than a thousandth of the mean, that is the unit. A metric of
    log1p(y) has chosen 1.
    """
    mean = float(np.average(train.y, weights=train.weight))
    if task.loss == "log" or mean == 0.0:
        return 1.0
    step = float(np.diff(np.unique(train.y)).min(initial=np.inf))
    return max(step, SMALLEST_UNIT * mean) if np.isfinite(step) else mean


PLAIN: frozenset[Objective] = frozenset({"squared", "absolute"})


def _objective(train: Matrix, params: Params) -> Objective:
    """The objective asked for, unless the targets forbid it: some negative, all 0, or a 0 for gamma."""
    asked = cast("Objective", params.get("objective", "squared"))
    low, high = float(train.y.min()), float(train.y.max())
    forbidden = asked not in PLAIN and (low < 0.0 or high <= 0.0 or (asked == "gamma" and low == 0.0))
    return "squared" if forbidden else asked
