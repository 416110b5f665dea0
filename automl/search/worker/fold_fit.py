"""What a worker runs: one learner on one fold, or on all rows. It imports neither polars nor the search engines."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl import disk
from automl.learners.base import Floats, Learner, Matrix, Member, Model, Params
from automl.learners.seen import fit_seen
from automl.ops.expr import Expr, Stub
from automl.ops.rewrite import swap
from automl.registry import Registry
from automl.search.worker.feature_matrix import FeatureMatrix
from automl.search.worker.model_size import ModelSize, model_size
from automl.search.worker.soft_targets import SoftTargets, apply_soft_targets
from automl.task import Task

RAW = "raw"  # the stub in `FoldResult.link`
LEARNERS = "automl.learners"
LEAST = 0.1  # seconds that a fit is given even if it starts too late


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """One fit. `parity` is the matrix on which a member's raw scores are kept.

    `seconds` is the soft limit; `until` is another one, a moment of the machine's monotonic clock, since a job may
    wait for its worker.
    """

    matrix: FeatureMatrix
    learner: str
    params: Params
    task: Task
    seed: int
    seconds: float
    until: float = math.inf
    sample: int | None = None  # rows to learn from, where there is no time for all
    out: str | None = None  # where the raw scores of the predicted rows go
    ahead: NDArray[np.int64] | None = None  # places of later rows, which are predicted, too
    parity: str | None = None
    package: str = LEARNERS
    soft_targets: SoftTargets | None = None  # what a smaller model learns instead of all columns and the labels


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """A model as plain data, with its library's raw scores [m, width] on the parity rows."""

    member: Member
    native: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldResult:
    """`link` turns raw scores, bound as the stub `RAW`, into the prediction; `ahead` [m, width] are raw ones, too."""

    link: Expr
    rounds: int | None
    seconds: float
    model_size: ModelSize
    fitted: FittedModel | None = None
    ahead: Floats | None = None


def run(*, request: FitRequest) -> FoldResult:
    """Fit on the fold's rows, stop early on the others, and save their raw scores at `request.out`.

    What learns from a sample stops by as many of the others: to look at all of them after each round would take longer
    than the rounds.
    """
    start = time.monotonic()
    valid = request.matrix.valid()
    train = apply_soft_targets(
        request.soft_targets, request.matrix.fit(request.sample), request.matrix.fit_rows(request.sample), request.task
    )
    model = _fit(request, train, valid if request.sample is None else request.matrix.valid(request.sample))
    if request.out is not None:
        with disk.writing(Path(request.out)) as file:
            np.save(file, _checked(model.raw(valid.values), len(valid.y), request.task))
    member = model.member()
    link = swap(member.prediction, member.raw, Stub(RAW, request.task.width))
    fitted = None if request.parity is None else _kept(model, member, request.parity)
    ahead = None if request.ahead is None else _ahead(model, request, request.ahead)
    seconds, size = time.monotonic() - start, model_size(member.prediction)
    return FoldResult(link=link, rounds=model.rounds, seconds=seconds, model_size=size, fitted=fitted, ahead=ahead)


def refit(*, request: FitRequest) -> FittedModel:
    """Fit on all train rows for ``params["rounds"]``."""
    everything = request.matrix.everything()
    train = apply_soft_targets(request.soft_targets, everything, np.arange(len(everything.y)), request.task)
    model = _fit(request, train, None)
    if request.parity is None:
        raise ValueError("a refit needs its parity rows")
    member = dataclasses.replace(model.member(), taught=request.soft_targets is not None)
    return _kept(model, member, request.parity)


def _fit(request: FitRequest, train: Matrix, valid: Matrix | None) -> Model:
    learner = Registry(request.package, Learner, "learner").get(request.learner)
    seconds = max(LEAST, min(request.seconds, request.until - time.monotonic()))
    return fit_seen(learner, train, valid, request.task, request.params, seed=request.seed, seconds=seconds)


def _ahead(model: Model, request: FitRequest, rows: NDArray[np.int64]) -> Floats:
    return _checked(model.raw(request.matrix.at(rows).values), len(rows), request.task)


def _kept(model: Model, member: Member, parity: str) -> FittedModel:
    values: Floats = np.load(parity, allow_pickle=False)
    return FittedModel(member=member, native=model.raw(values))


def _checked(raw: Floats, rows: int, task: Task) -> Floats:
    if raw.shape != (rows, task.width):
        raise ValueError(f"raw scores of shape {raw.shape}, expected {(rows, task.width)}")
    if not np.isfinite(raw).all():
        raise ValueError("raw scores that are not finite")
    return raw
