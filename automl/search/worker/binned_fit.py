"""What a worker runs where memory does not hold the rows: one learner on their bins."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from automl.learners._binned import OfBins, bins_of, numbers
from automl.learners.base import BinnedRows, Floats, Learner, Matrix, Params
from automl.learners.seen import of_part
from automl.registry import Registry
from automl.search.worker.fold_fit import LEARNERS, LEAST, FittedModel
from automl.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class BinnedRequest:
    """One fit on `rows`, whose features are the columns `kept` of all `columns`.

    `valid` are rows to stop early on, with the values of `kept`; `parity` is the matrix on which a member's raw scores
    are kept. `seconds` is the soft limit, from the moment on when the worker takes it up.
    """

    rows: BinnedRows
    kept: tuple[int, ...]
    columns: int
    valid: Matrix
    learner: str
    params: Params
    task: Task
    seed: int
    seconds: float
    threads: int
    parity: str
    package: str = LEARNERS


@dataclass(frozen=True, slots=True, kw_only=True)
class BinnedFit:
    """The model, and whether its time ended it."""

    fitted: FittedModel
    late: bool


def run(*, request: BinnedRequest) -> BinnedFit:
    """Fit on all rows, stop early on the others."""
    begun = time.monotonic()
    learner = Registry(request.package, Learner, "learner").get(request.learner)
    if learner.fit_binned is None:
        raise ValueError(f"{request.learner} does not learn by chunks")
    edges = request.rows.edges
    valid = replace(request.valid, values=numbers(bins_of(request.valid.values, edges)))
    fitted = learner.fit_binned(
        request.rows,
        valid,
        request.task,
        request.params,
        seed=request.seed,
        seconds=max(LEAST, request.seconds - (time.monotonic() - begun)),
        threads=request.threads,
    )
    model = of_part(OfBins(model=fitted, edges=edges, narrow=learner.narrow), request.kept, request.columns)
    late = not math.isinf(request.seconds) and time.monotonic() - begun >= request.seconds
    values: Floats = np.load(Path(request.parity), allow_pickle=False)
    return BinnedFit(fitted=FittedModel(member=model.member(), native=model.raw(values)), late=late)
