"""The linear baseline: logistic, multinomial or ridge regression behind its own preprocessing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from automl.budget import Deadline
from automl.learners._dense import Design, learn_design, row_loss, some_rows
from automl.learners._target import Target, smeared
from automl.learners.base import Floats, Learner, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import Add, Constant
from automl.task import Task

NAME = "linear"
MOST_CELLS = 8_000_000  # of the matrix; beyond, a random part of the rows is enough for a baseline
MOST_WORK = 20_000_000  # cells x columns of the raw score; likewise
MOST_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """Weights over a design."""

    design: Design
    weights: Floats  # [dense, width]
    tables: tuple[Floats, ...]  # one for each code feature [levels, width]
    bias: Floats  # [width]
    target: Target
    params: Params

    @property
    def rounds(self) -> int | None:
        return None

    def raw(self, values: Floats) -> Floats:
        return self.design.product(values, self.weights, self.tables) + self.bias

    def member(self) -> Member:
        raw = Add(self.design.product_expression(self.weights, self.tables), Constant(self.bias))
        return Member(learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw))


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Minimise the mean loss + ``l2`` / (2 rows) * squared weights by L-BFGS; the intercept is not penalised.

    `valid` is not looked at. Beyond 8,000,000 cells, or 20,000,000 cells x classes, a random part of the rows
    is fitted, so that a baseline stands within a few seconds.
    """
    del valid
    deadline = Deadline.of(seconds)
    part = some_rows(train, task, seed, cells=MOST_CELLS, work=MOST_WORK)
    design = learn_design(part)
    if np.all(part.y == part.y[0]) or not (design.dense or design.codes):
        return nothing_to_learn(NAME, part, task, params, rounds=None)
    target = Target.of(part, task, params)
    model = LinearModel(
        design=design,
        weights=np.zeros((design.dense, task.width)),
        tables=tuple(np.zeros((levels, task.width)) for levels in design.levels),
        bias=np.zeros(1) if task.kind == "regression" else log_odds(shares(part, task), task),
        target=target,
        params=params,
    )
    return smeared(_solved(model, part, float(params["l2"]), deadline), part)


def _solved(model: LinearModel, train: Matrix, l2: float, deadline: Deadline) -> LinearModel:
    """L-BFGS from the prior."""
    from scipy.optimize import minimize

    start = _flat(model)
    penalty = np.full(len(start), l2 / len(train.y))
    penalty[len(start) - len(model.bias) :] = 0.0
    value = _objective(model, train, penalty)

    def hurry(intermediate_result: Any) -> None:
        del intermediate_result
        if deadline.left() <= 0.0:
            raise StopIteration

    found = minimize(
        value,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=_bounds(model, train) if train.directions else None,
        callback=hurry,
        options={"maxiter": MOST_STEPS},
    )
    return _filled(model, found.x)


def _bounds(model: LinearModel, train: Matrix) -> list[tuple[float | None, float | None]]:
    """A weight of a number has the sign of its direction: scaling and squashing keep the order."""
    signs = [train.features[j].direction for j in model.design.numbers]
    rest = len(_flat(model)) // model.target.task.width - len(signs)
    both = [(0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs]
    return [bound for bound in [*both, *[(None, None)] * rest] for _ in range(model.target.task.width)]


def _objective(model: LinearModel, train: Matrix, penalty: Floats) -> Any:
    """Parameters [all] -> (loss, gradient [all])."""
    from scipy.sparse import csr_array

    task, width = model.target.task, model.target.task.width
    rows = len(train.y)
    weight = np.full(rows, 1.0 / rows) if train.weight is None else train.weight / train.weight.sum()
    dense = model.design.numbers_of(train.values)
    levels = int(sum(model.design.levels))
    starts = np.cumsum([0, *model.design.levels])[:-1].astype(np.int64)
    hot = (model.design.codes_of(train.values) + starts).reshape(-1)
    ends = np.arange(rows + 1) * len(starts)
    onehot = csr_array((np.ones(len(hot)), hot, ends), shape=(rows, levels))
    y = model.target.learned(train.y)
    split = model.design.dense * width, (model.design.dense + levels) * width

    def value(parameters: Floats) -> tuple[float, Floats]:
        weights, tables, bias = (part.reshape(-1, width) for part in np.split(parameters, split))
        loss, slope = row_loss(task, dense @ weights + onehot @ tables + bias, y)
        slope *= weight[:, None]
        gradient = np.concatenate([(dense.T @ slope).ravel(), (onehot.T @ slope).ravel(), slope.sum(axis=0)])
        penalised = penalty * parameters
        return float(weight @ loss + 0.5 * parameters @ penalised), gradient + penalised

    return value


def _flat(model: LinearModel) -> Floats:
    return np.concatenate([model.weights.ravel(), *(table.ravel() for table in model.tables), model.bias])


def _filled(model: LinearModel, flat: Floats) -> LinearModel:
    """The model with its solution; in regression back from the scaled target."""
    width, spread, center = model.target.task.width, model.target.spread, model.target.center
    sizes = [model.design.dense, *model.design.levels]
    parts = np.split(flat, np.cumsum(sizes) * width)
    weights, *tables, bias = (part.reshape(-1, width) * spread for part in parts)
    return replace(model, weights=weights, tables=tuple(tables), bias=bias[0] + center)


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    del rows
    plain: Params = {"l2": 1.0}
    return (plain, {**plain, "target": "log"}) if task.kind == "regression" else (plain,)


def _space(task: Task, rows: int) -> Space:
    del task, rows
    return {"l2": Range(low=0.01, high=1000.0, log=True)}


LINEAR = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    monotone=True,
    cost=0.3,
    baseline=True,
    preload=("scipy.sparse", "scipy.optimize"),
    package="scipy",
    tolerance=1e-9,
)
