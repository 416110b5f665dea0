"""What more rows would bring: the weightiest member learns once more from a part of its rows, and is judged by that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from automl.data.rows import Prepared, Rows
from automl.diagnostics.learning_curve import FEWEST, LearningCurve, learning_curve
from automl.errors import BundleError
from automl.executors.base import Job
from automl.graph.session import open_session
from automl.learners.constant import NAME as CONSTANT
from automl.pipeline.choose import ChosenModel
from automl.pipeline.diagnose import JudgedModel
from automl.pipeline.twin import refitted
from automl.search.problem import Matrices
from automl.search.refit_members import LONGEST, Refitted
from automl.search.run import Run
from automl.search.schedule.jobs import memory
from automl.search.worker.fold_fit import FitRequest, FittedModel

SHARES = (0.125, 0.25, 0.5, 1.0)  # of the rows of a fold
LEAST = 100  # rows to learn from: fewer tell nothing of those that there are
MOST_JUDGED = 20_000  # rows
FOLD = 0  # the first stands in the run folder, and by time it is the latest
NO_TIME = "There was no time to learn once more from fewer rows."
TOO_FEW = "There are too few rows to learn once more from a part of them."
NOT_FITTED = "What was learned from fewer rows could not be compared."


def more_rows(
    run: Run, matrices: Matrices, data: Prepared, choice: ChosenModel, *, until: float
) -> LearningCurve | str:
    """The curve, or in a sentence why there is none; what is under way at `until` (of the monotonic clock) is ended.

    Each model learns from a part of the rows of a fold, the larger with the smaller in it, stops early as in the
    search, and decides behind the curve and the policy that ship. Features are those of the whole fold.
    """
    place = _weightiest(choice)
    if place is None:
        return "A constant learns nothing from more rows."
    sizes = _sizes(matrices)
    if len(sizes) < FEWEST:
        return TOO_FEW
    if run.leaves_out("a learning curve", "report"):
        return NO_TIME
    one = replace(choice, outcome=choice.outcome.only([place]))
    if not run.counted and _seconds(one) * sum(SHARES) > run.workers * (until - time.monotonic()):
        return NO_TIME
    models = _fitted(run, matrices, one, sizes, until=until)
    if isinstance(models, str):
        return models
    test, losses = _judged(data, one, seed=run.seed), {}
    for size, model in models:
        try:
            behind = refitted(one, _whole(model, matrices), data, data.train.inputs[matrices.problem.parity_rows])
        except BundleError:
            continue
        judge = JudgedModel(data=data, choice=behind, session=open_session(behind.model))
        losses[size] = judge.losses(test.inputs, test)
    weight = np.ones(test.n) if test.weight is None else test.weight
    curve = learning_curve(
        {size: lost for size, lost in losses.items() if np.isfinite(lost).all()},
        weight,
        test.group,
        learner=one.outcome.members[0].learner,
        rows=data.train.n,
        in_money=choice.policy.in_money,
        seed=run.seed,
    )
    return curve or NOT_FITTED


def _weightiest(choice: ChosenModel) -> int | None:
    """The place of the member with the most weight that learns from rows; None where there is none."""
    outcome = choice.outcome
    places = [k for k, one in enumerate(outcome.members) if one.learner != CONSTANT and not one.taught]
    return max(places, key=lambda k: outcome.weights[k], default=None)


def _sizes(matrices: Matrices) -> list[int]:
    rows = len(matrices.problem.fold(FOLD).fit)
    return [size for size in (round(share * rows) for share in SHARES) if size >= LEAST]


def _seconds(one: ChosenModel) -> float:
    """What a fit of the only member took on a fold."""
    board = one.outcome.board
    trial = next(trial for trial in board.trials if trial.id == board.weights[0][0])
    return trial.seconds / max(1, trial.folds)


def _fitted(
    run: Run, matrices: Matrices, one: ChosenModel, sizes: list[int], *, until: float
) -> list[tuple[int, FittedModel]] | str:
    """The models by the rows that they learned from, or why there are none."""
    for job in _jobs(run, matrices, one, sizes):
        run.executor.submit(job)
    found: dict[int, object] = {}
    while len(found) < len(sizes):
        left = until - time.monotonic()
        if left <= 0 and not run.counted:
            run.executor.cancel()
            return NO_TIME
        found |= {done.id: done.value for done in run.wait(min(1.0, max(0.1, left)))}
    results = [(size, getattr(found[number], "fitted", None)) for number, size in enumerate(sizes)]
    return [(size, model) for size, model in results if isinstance(model, FittedModel)]


def _jobs(run: Run, matrices: Matrices, one: ChosenModel, sizes: list[int]) -> Iterator[Job]:
    member = one.outcome.members[0]
    for number, size in enumerate(sizes):
        request = FitRequest(
            matrix=matrices.matrix(FOLD),
            learner=member.learner,
            params=member.params,
            task=matrices.problem.task,
            seed=run.seed,
            seconds=LONGEST,
            sample=size,
            parity=matrices.parity(FOLD),
            package=run.learners,
        )
        yield Job(
            id=number,
            function="automl.search.worker.fold_fit:run",
            arguments={"request": request},
            seconds=LONGEST,
            memory=memory(run),
        )


def _whole(model: FittedModel, matrices: Matrices) -> Refitted:
    return Refitted(
        plan=matrices.plan(FOLD),
        members=(model.member,),
        native=(model.native,),
        parity_rows=matrices.problem.parity_rows,
    )


def _judged(data: Prepared, one: ChosenModel, *, seed: int) -> Rows:
    """Test rows whose loss is known."""
    model = JudgedModel(data=data, choice=one, session=open_session(one.model))
    rows = model.priced(data.test)
    return rows.take(np.sort(np.random.default_rng(seed).permutation(rows.n)[:MOST_JUDGED]))
