"""The jobs under way: one fold of a candidate each, with its limits of time and memory."""

from __future__ import annotations

import math
import os
import time

from automl.executors.base import Done, Job
from automl.executors.travel import Moment
from automl.host.processes import resident
from automl.search.ahead import rows_ahead
from automl.search.candidate import OOF, Candidate
from automl.search.run import Run
from automl.search.schedule.estimates import seconds_left
from automl.search.state import State
from automl.search.worker.fold_fit import FitRequest

TRAINING = 0.9  # of a job; reading, predicting and exporting take the rest
EXPORT = 0.5  # seconds that they take at least, on a busy machine
GRACE = 1.5  # a job may overrun its soft limit by this factor and ten seconds before it is killed
LEAST = 10.0  # the search ends without it if it has something; else a busy machine must not take the last hope
HELPER = 200e6  # bytes that the workers' common parent holds, and they share with it
FEWEST = 0.5  # of an even share of the memory, what a job has in any case


def room(state: State) -> bool:
    """Whether the executor should have another job."""
    return len(state.flying) < state.run.width


def submit(state: State, candidate: Candidate, fold: int) -> None:
    """Start a fold of a candidate; its plan is fitted now if it is the first to need it."""
    candidate.asked.add(fold)
    request = _request(state, candidate, fold)
    hard = GRACE * request.seconds + LEAST
    job = Job(
        id=state.jobs,
        function="automl.search.worker.fold_fit:run",
        arguments={"request": request},
        seconds=max(1.0, state.run.deadline.left())
        if state.counted
        else max(LEAST, min(hard, state.run.deadline.left())),
        memory=memory(state.run),
    )
    state.jobs += 1
    state.flying[job.id] = (candidate, fold)
    state.run.executor.submit(job)


def memory(run: Run, jobs: int | None = None) -> int:
    """Bytes that a job may hold: an even share of what this process and the workers' common parent leave.

    The share is that of as many `jobs` as there are workers, where nothing else is said.

    What it shares with that parent counts in parts, for it and for each worker.
    """
    jobs = jobs or run.workers
    share = run.spec.budget.memory / jobs
    ours = resident(os.getpid()) + HELPER
    return int(max(FEWEST * share, share - ours / jobs + HELPER / (jobs + 1)))


def land(state: State, done: Done) -> tuple[Candidate, int]:
    """The candidate and the fold of a job that has ended, with its costs written down."""
    candidate, fold = state.flying.pop(done.id)
    candidate.seconds += done.seconds
    candidate.memory = max(candidate.memory, done.memory)
    return candidate, fold


def _request(state: State, candidate: Candidate, fold: int) -> FitRequest:
    soft, until = max(1.0, state.run.deadline.left()), math.inf  # no clock but the budget's own
    if not state.counted:
        soft, left = state.fidelity.fit_seconds, max(0.5, seconds_left(state))
        soft, until = min(soft, left), time.monotonic() + left - max((1 - TRAINING) * left, min(EXPORT, left / 2))
    keeps = fold == 0 and (state.fidelity.folds == 1 or not state.settled)
    return FitRequest(
        matrix=state.matrices.matrix(fold),
        learner=candidate.learner.name,
        params=candidate.params,
        task=state.problem.task,
        seed=state.run.seed,
        seconds=soft,
        until=Moment(until),
        sample=candidate.sample,
        out=state.run.folder.place(f"{OOF}/{candidate.id}-{fold}"),
        ahead=rows_ahead(state.problem, fold) if candidate.sample is None else None,
        parity=state.matrices.parity(fold) if keeps else None,
        package=state.run.learners,
    )
