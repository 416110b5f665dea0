"""What a worker runs: one learner on one fold, or on all rows. It imports neither polars nor the search engines."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from automl.learners.base import Floats, Learner, Matrix, Member, Model, Params
from automl.ops.expr import Expr, Stub
from automl.registry import Registry
from automl.search.worker.feature_matrix import Table
from automl.search.worker.model_size import Footprint, footprint
from automl.search.worker.soft_targets import Lesson, taught
from automl.task import Task

RAW = "raw"  # the stub in `FoldResult.link`
LEARNERS = "automl.learners"
LEAST = 0.1  # seconds that a fit is given even if it starts too late


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One fit. `parity` is the matrix on which a member's raw scores are kept.

    `seconds` is the soft limit; `until` is another one, a moment of the machine's monotonic clock, since a job may
    wait for its worker.
    """

    table: Table
    learner: str
    params: Params
    task: Task
    seed: int
    seconds: float
    until: float = math.inf
    sample: int | None = None  # rows to learn from, where there is no time for all
    out: str | None = None  # where the raw scores of the predicted rows go
    parity: str | None = None
    package: str = LEARNERS
    lesson: Lesson | None = None  # what a smaller model learns instead of all columns and the labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model as plain data, with its library's raw scores [m, width] on the parity rows."""

    member: Member
    native: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldResult:
    """`link` turns raw scores, bound as the stub `RAW`, into the prediction."""

    link: Expr
    rounds: int | None
    seconds: float
    footprint: Footprint
    fitted: Fitted | None = None


def run(*, order: Order) -> FoldResult:
    """Fit on the fold's rows, stop early on the others, and save their raw scores at `order.out`.

    What learns from a sample stops by as many of the others: to look at all of them after each round would take longer
    than the rounds.
    """
    start = time.monotonic()
    valid = order.table.valid()
    train = taught(order.lesson, order.table.fit(order.sample), order.table.fit_rows(order.sample), order.task)
    model = _fit(order, train, valid if order.sample is None else order.table.valid(order.sample))
    if order.out is not None:
        with Path(order.out).open("wb") as file:
            np.save(file, _checked(model.raw(valid.values), len(valid.y), order.task))
    member = model.member()
    link = swap(member.prediction, member.raw, Stub(RAW, order.task.width))
    fitted = None if order.parity is None else _kept(model, member, order.parity)
    seconds, size = time.monotonic() - start, footprint(member.prediction)
    return FoldResult(link=link, rounds=model.rounds, seconds=seconds, footprint=size, fitted=fitted)


def refit(*, order: Order) -> Fitted:
    """Fit on all train rows for ``params["rounds"]``."""
    everything = order.table.everything()
    train = taught(order.lesson, everything, np.arange(len(everything.y)), order.task)
    model = _fit(order, train, None)
    if order.parity is None:
        raise ValueError("a refit needs its parity rows")
    return _kept(model, model.member(), order.parity)


def swap(expr: Expr, old: Expr, new: Expr) -> Expr:
    """`expr` with `new` in the place of `old` (the same object); what is not above `old` is shared."""
    if expr is old:
        return new
    changed: dict[str, object] = {}
    for field in dataclasses.fields(expr):
        value = getattr(expr, field.name)
        if isinstance(value, Expr):
            changed[field.name] = swap(value, old, new)
        elif isinstance(value, tuple) and any(isinstance(item, Expr) for item in value):
            changed[field.name] = tuple(swap(item, old, new) for item in value)
    return dataclasses.replace(expr, **changed) if changed else expr


def _fit(order: Order, train: Matrix, valid: Matrix | None) -> Model:
    learner = Registry(order.package, Learner, "learner").get(order.learner)
    seconds = max(LEAST, min(order.seconds, order.until - time.monotonic()))
    return learner.fit(train, valid, order.task, order.params, seed=order.seed, seconds=seconds)


def _kept(model: Model, member: Member, parity: str) -> Fitted:
    values: Floats = np.load(parity, allow_pickle=False)
    return Fitted(member=member, native=model.raw(values))


def _checked(raw: Floats, rows: int, task: Task) -> Floats:
    if raw.shape != (rows, task.width):
        raise ValueError(f"raw scores of shape {raw.shape}, expected {(rows, task.width)}")
    if not np.isfinite(raw).all():
        raise ValueError("raw scores that are not finite")
    return raw
