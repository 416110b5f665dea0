"""Trains one small model after the search: on every fold for its own out-of-fold predictions, then on all rows."""

from __future__ import annotations

import time
from dataclasses import replace

from automl.executors.base import Done, Job
from automl.learners.base import Learner
from automl.registry import Registry
from automl.search import candidate as candidates
from automl.search.candidate import OOF, Candidate
from automl.search.distill.students import Student
from automl.search.schedule.jobs import memory
from automl.search.state import State
from automl.search.worker.fold_fit import FitRequest, FittedModel, FoldResult

LONGEST = 1e6  # seconds, where the clock does not count
LATE = 1.0  # seconds that a job may take beyond its own limit


def fit_student(
    state: State, student: Student, final: int | None, *, seconds: float
) -> tuple[Candidate, FittedModel] | None:
    """The student as a candidate with out-of-fold predictions, and its fit on all rows; None if it failed.

    With a holdout it is predicted there, as the others were. `seconds` are for all its fits.
    """
    learner = Registry(state.run.learners, Learner, "learner").get(student.learner)
    candidate = Candidate(id=state.number, learner=learner, params=student.params, soft_targets=student.soft_targets)
    state.number += 1
    folds = range(state.fidelity.folds)
    limit = min(seconds, LONGEST)
    end = time.monotonic() + limit
    jobs = {state.jobs + place: fold for place, fold in enumerate([*folds, None])}
    state.jobs += len(jobs)
    for number, fold in jobs.items():
        state.run.executor.submit(_job(state, candidate, number, fold, final, limit))
    fitted: FittedModel | None = None
    waiting = dict(jobs)
    while waiting and time.monotonic() < end + LATE and candidate.status == "ok":
        if state.run.leaves_out("lighter models", "repair"):
            candidate.status = "stopped"
            break
        for done in state.run.wait(min(1.0, max(0.05, end - time.monotonic()))):
            fold = waiting.pop(done.id)
            fitted = _taken(state, candidate, fold, done) or fitted
    if waiting:
        state.run.executor.cancel()
        candidate.status = candidate.status if candidate.status != "ok" else "timeout"
    trial = candidates.end(candidate, state.problem, state.run.folder, folds=len(folds))
    candidate.detail = candidate.detail or student.name
    state.ended.append(candidate)
    text = f"{student.name}: {trial.detail if fitted is None else f'loss {candidate.loss(state.problem):.5g}'}"
    state.run.tell("repair", text, left=state.run.deadline.left())
    return (candidate, fitted) if fitted is not None and candidate.whole else None


def _taken(state: State, candidate: Candidate, fold: int | None, done: Done) -> FittedModel | None:
    """Take in what a job says; the fit on all rows comes back."""
    candidate.seconds += done.seconds
    candidate.memory = max(candidate.memory, done.memory)
    if fold is None and isinstance(done.value, FittedModel):
        return done.value
    if fold is not None and isinstance(done.value, FoldResult):
        candidates.take(candidate, fold, replace(done.value, fitted=None), state.problem, state.run.folder)
        return None
    candidate.status, candidate.detail = done.status, done.detail
    return None


def _job(state: State, candidate: Candidate, number: int, fold: int | None, final: int | None, seconds: float) -> Job:
    """The fit on a fold, or (None) on all rows."""
    request = FitRequest(
        matrix=state.matrices.matrix(final if fold is None else fold),
        learner=candidate.learner.name,
        params=candidate.params,
        task=state.problem.task,
        seed=state.run.seed,
        seconds=seconds,
        out=None if fold is None else state.run.folder.place(f"{OOF}/{candidate.id}-{fold}"),
        parity=state.matrices.parity(final) if fold is None else None,
        package=state.run.learners,
        soft_targets=candidate.soft_targets,
    )
    return Job(
        id=number,
        function="automl.search.worker.fold_fit:refit" if fold is None else "automl.search.worker.fold_fit:run",
        arguments={"request": request},
        seconds=seconds + LATE,
        memory=memory(state.run),
    )
