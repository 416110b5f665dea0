"""The linear baseline: logistic, multinomial or ridge regression behind its own preprocessing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.learners._target import Target
from automl.learners.base import Floats, Learner, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import (
    Add,
    AsIndex,
    AsNumber,
    Concat,
    Constant,
    Divide,
    Expr,
    Features,
    IsMissing,
    MatMul,
    Maximum,
    Minimum,
    Multiply,
    Pick,
    SquareRoot,
    Subtract,
    Take,
    Where,
    constant,
)
from automl.task import Task

NAME = "linear"
MOST_LEVELS = 40  # categories with more are left to their target statistics
MOST_CELLS = 8_000_000  # of the matrix; beyond, a random part of the rows is enough for a baseline
MOST_WORK = 20_000_000  # cells x columns of the raw score; likewise
MOST_STEPS = 100
HARD, SOFT = 1e3, 3.0  # spreads from the median: cut there, so that nothing overflows, then squashed to within 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How the matrix becomes what is multiplied: numbers filled, scaled and squashed; gaps as flags; codes one-hot."""

    columns: int
    numbers: tuple[int, ...]
    median: Floats
    spread: Floats
    gaps: tuple[int, ...]
    codes: tuple[int, ...]
    levels: tuple[int, ...]

    @property
    def dense(self) -> int:
        """Columns that are numbers or flags."""
        return len(self.numbers) + len(self.gaps)

    def numbers_of(self, values: Floats) -> Floats:
        """Numbers and flags [n, dense]; the same steps as `expression`."""
        picked = values[:, list(self.numbers)]
        filled = np.where(np.isnan(picked), self.median, picked)
        cut = np.maximum(np.minimum(filled, self.median + HARD * self.spread), self.median - HARD * self.spread)
        z = (cut - self.median) / self.spread
        third = z / SOFT
        return np.hstack([z / np.sqrt(1.0 + third * third), np.isnan(values[:, list(self.gaps)])])

    def codes_of(self, values: Floats) -> NDArray[np.int64]:
        """Codes [n, codes]; one that train does not know counts as rare, which is 0."""
        picked = values[:, list(self.codes)]
        known = (picked >= 0) & (picked < np.asarray(self.levels)) & (picked == np.floor(picked))
        return np.where(known, picked, 0.0).astype(np.int64)

    def expression(self) -> Expr:
        """Numbers and flags as operations."""
        picked = Pick(Features(self.columns), self.numbers)
        filled = Where(IsMissing(picked), Constant(self.median), picked)
        low, high = (Constant(self.median + way * HARD * self.spread) for way in (-1.0, 1.0))
        centred = Subtract(Maximum(Minimum(filled, high), low), Constant(self.median))
        z = Divide(centred, Constant(self.spread))
        third = Divide(z, constant(SOFT))
        squashed = Divide(z, SquareRoot(Add(constant(1.0), Multiply(third, third))))
        flags = (AsNumber(IsMissing(Pick(Features(self.columns), self.gaps))),) if self.gaps else ()
        return Concat(((squashed,) if self.numbers else ()) + flags)


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
        scores = self.design.numbers_of(values) @ self.weights + self.bias
        codes = self.design.codes_of(values)
        return scores + sum((table[codes[:, j]] for j, table in enumerate(self.tables)), start=np.zeros(1))

    def member(self) -> Member:
        features = Features(self.design.columns)
        terms: list[Expr] = [MatMul(self.design.expression(), self.weights)] if self.design.dense else []
        for j, table in zip(self.design.codes, self.tables, strict=True):
            # what no level answers to becomes the last row: a copy of the rare level's
            terms.append(Take(AsIndex(Pick(features, (j,)), len(table) + 1), np.vstack([table, table[:1]])))
        raw = Add(reduce(Add, terms), Constant(self.bias))
        return Member(learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw))


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Minimise the mean loss + ``l2`` / (2 rows) * squared weights by L-BFGS; the intercept is not penalised.

    `valid` is not looked at. Beyond 8,000,000 cells, or 20,000,000 cells x classes, a random part of the rows
    is fitted, so that a baseline stands within a few seconds.
    """
    del valid
    deadline = Deadline.of(seconds)
    part = _some_rows(train, task, seed)
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
    return _solved(model, part, float(params["l2"]), deadline)


def learn_design(train: Matrix) -> Design:
    """Medians, spreads and gaps of the numbers that vary, and the codes with few levels."""
    kinds = [feature.kind for feature in train.features]
    few = [j for j, f in enumerate(train.features) if f.kind == "code" and 1 < f.levels <= MOST_LEVELS]
    places = {j: _place(train.values[:, j]) for j, kind in enumerate(kinds) if kind != "code"}
    varied = [j for j, (_, spread) in places.items() if spread > 0.0]
    missing = {j: np.isnan(train.values[:, j]) for j in places}
    return Design(
        columns=len(kinds),
        numbers=tuple(varied),
        median=np.asarray([places[j][0] for j in varied], dtype=np.float64),
        spread=np.asarray([places[j][1] for j in varied], dtype=np.float64),
        gaps=tuple(j for j, flags in missing.items() if flags.any() and not flags.all()),
        codes=tuple(few),
        levels=tuple(train.features[j].levels for j in few),
    )


def _some_rows(train: Matrix, task: Task, seed: int) -> Matrix:
    most = max(1, min(MOST_CELLS, MOST_WORK // task.width) // train.values.shape[1])
    if len(train.y) <= most:
        return train
    chosen = np.sort(np.random.default_rng(seed).choice(len(train.y), size=most, replace=False))
    weight = None if train.weight is None else train.weight[chosen]
    return replace(train, values=train.values[chosen], y=train.y[chosen], weight=weight)


def _place(column: Floats) -> tuple[float, float]:
    """Median and spread: the quartiles' distance, else half of what holds 98 % of the rows, else of all; 0 is dead."""
    present = column[~np.isnan(column)]
    if not len(present):
        return 0.0, 0.0
    bottom, low, first, median, third, high, top = np.percentile(present, [0, 1, 25, 50, 75, 99, 100])
    # halves before differences: extremes of both signs must not overflow
    spreads = (2.0 * (third / 2.0 - first / 2.0), high / 2.0 - low / 2.0, top / 2.0 - bottom / 2.0)
    spread = next((spread for spread in spreads if spread > 0.0), 0.0)
    return float(np.clip(median, -1e300, 1e300)), float(np.clip(spread, 0.0, 1e300))


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

    found = minimize(value, start, jac=True, method="L-BFGS-B", callback=hurry, options={"maxiter": MOST_STEPS})
    return _filled(model, found.x)


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
        loss, slope = _loss(task, dense @ weights + onehot @ tables + bias, y)
        slope *= weight[:, None]
        gradient = np.concatenate([(dense.T @ slope).ravel(), (onehot.T @ slope).ravel(), slope.sum(axis=0)])
        penalised = penalty * parameters
        return float(weight @ loss + 0.5 * parameters @ penalised), gradient + penalised

    return value


def _loss(task: Task, scores: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The loss of each row [n] and its slope in the scores [n, width]."""
    if task.kind == "regression":
        error = scores - y[:, None]
        return 0.5 * error[:, 0] ** 2, error
    if task.kind == "binary":
        score = scores[:, 0]
        return np.logaddexp(0.0, score) - y * score, (1.0 / (1.0 + np.exp(-score)) - y)[:, None]
    shifted = scores - scores.max(axis=1, keepdims=True)
    share = np.exp(shifted)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    place = np.arange(len(y)), y.astype(np.int64)
    loss = np.log(total[:, 0]) - shifted[place]
    share[place] -= 1.0
    return loss, share


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
    cost=0.3,
    baseline=True,
)
