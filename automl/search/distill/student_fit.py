"""Trains one small model after the search: on every fold for its own out-of-fold predictions, then on all rows."""

from __future__ import annotations

import time
from dataclasses import replace

from automl.executors.base import Done, Job
from automl.learners.base import Learner
from automl.progress import Event
from automl.registry import Registry
from automl.search import candidate as candidates
from automl.search.candidate import OOF, Candidate
from automl.search.distill.students import Pupil
from automl.search.schedule.jobs import memory
from automl.search.state import State
from automl.search.worker.fold_fit import Fitted, FoldResult, Order

LONGEST = 1e6  # seconds, where the clock does not count
LATE = 1.0  # seconds that a job may take beyond its own limit


def school(state: State, pupil: Pupil, final: int | None, *, seconds: float) -> tuple[Candidate, Fitted] | None:
    """The pupil as a candidate of the board with out-of-fold predictions, and its fit on all rows; None if it failed.

    With a holdout it is predicted there, as the others were. `seconds` are for all its fits.
    """
    learner = Registry(state.package, Learner, "learner").get(pupil.learner)
    found = Candidate(id=state.number, learner=learner, params=pupil.params, lesson=pupil.lesson)
    state.number += 1
    folds = range(state.pace.folds)
    limit = min(seconds, LONGEST)
    end = time.monotonic() + limit
    jobs = {state.jobs + place: fold for place, fold in enumerate([*folds, None])}
    state.jobs += len(jobs)
    for number, fold in jobs.items():
        state.executor.submit(_job(state, found, number, fold, final, limit))
    fitted: Fitted | None = None
    waiting = dict(jobs)
    while waiting and time.monotonic() < end + LATE and found.status == "ok":
        for done in state.executor.wait(min(1.0, max(0.05, end - time.monotonic()))):
            fold = waiting.pop(done.id)
            fitted = _taken(state, found, fold, done) or fitted
    if waiting:
        state.executor.cancel()
        found.status = found.status if found.status != "ok" else "timeout"
    trial = candidates.end(found, state.problem, state.rundir, folds=len(folds))
    found.detail = found.detail or pupil.name
    state.ended.append(found)
    text = f"{pupil.name}: {trial.detail if fitted is None else f'loss {found.loss(state.problem):.5g}'}"
    state.listener(Event(stage="repair", text=text, facts={"left": state.deadline.left()}))
    return (found, fitted) if fitted is not None and found.whole else None


def _taken(state: State, found: Candidate, fold: int | None, done: Done) -> Fitted | None:
    """Take in what a job says; the fit on all rows comes back."""
    found.seconds += done.seconds
    found.memory = max(found.memory, done.memory)
    if fold is None and isinstance(done.value, Fitted):
        return done.value
    if fold is not None and isinstance(done.value, FoldResult):
        candidates.take(found, fold, replace(done.value, fitted=None), state.problem, state.rundir)
        return None
    found.status, found.detail = done.status, done.detail
    return None


def _job(state: State, found: Candidate, number: int, fold: int | None, final: int | None, seconds: float) -> Job:
    """The fit on a fold, or (None) on all rows."""
    order = Order(
        table=state.matrices.table(final if fold is None else fold),
        learner=found.learner.name,
        params=found.params,
        task=state.problem.task,
        seed=state.seed,
        seconds=seconds,
        out=None if fold is None else state.rundir.place(f"{OOF}/{found.id}-{fold}"),
        parity=state.matrices.parity(final) if fold is None else None,
        package=state.package,
        lesson=found.lesson,
    )
    return Job(
        id=number,
        function="automl.search.worker.fold_fit:refit" if fold is None else "automl.search.worker.fold_fit:run",
        arguments={"order": order},
        seconds=seconds + LATE,
        memory=memory(state),
    )
