"""The jobs under way: one fold of a candidate each, with its limits of time and memory."""

from __future__ import annotations

import math
import os
import time

from automl.executors._processes import resident
from automl.executors.base import Done, Job
from automl.search.candidate import OOF, Candidate
from automl.search.schedule.estimates import seconds_left
from automl.search.state import State
from automl.search.worker.fold_fit import Order

AHEAD = 1  # jobs beyond the workers that the executor holds, so that none waits for us
TRAINING = 0.9  # of a job; reading, predicting and exporting take the rest
EXPORT = 0.5  # seconds that they take at least, on a busy machine
GRACE = 1.5  # a job may overrun its soft limit by this factor and ten seconds before it is killed
LEAST = 10.0  # the search ends without it if it has something; else a busy machine must not take the last hope
HELPER = 150e6  # bytes that the workers' common parent holds
FEWEST = 0.5  # of an even share of the memory, what a job has in any case


def room(state: State) -> bool:
    """Whether the executor should have another job."""
    return len(state.flying) < state.workers + AHEAD


def submit(state: State, found: Candidate, fold: int) -> None:
    """Start a fold of a candidate; its plan is fitted now if it is the first to need it."""
    found.asked.add(fold)
    order = _order(state, found, fold)
    hard = GRACE * order.seconds + LEAST
    job = Job(
        id=state.jobs,
        function="automl.search.worker.fold_fit:run",
        arguments={"order": order},
        seconds=max(1.0, state.deadline.left()) if state.counted else max(LEAST, min(hard, state.deadline.left())),
        memory=memory(state),
    )
    state.jobs += 1
    state.flying[job.id] = (found, fold)
    state.executor.submit(job)


def memory(state: State) -> int:
    """Bytes that a job may hold: an even share of what this process and the workers' common parent leave."""
    share = state.spec.budget.memory / state.workers
    ours = resident(os.getpid()) + HELPER
    return int(max(FEWEST * share, share - ours / state.workers))


def land(state: State, done: Done) -> tuple[Candidate, int]:
    """The candidate and the fold of a job that has ended, with its costs written down."""
    found, fold = state.flying.pop(done.id)
    found.seconds += done.seconds
    found.memory = max(found.memory, done.memory)
    return found, fold


def _order(state: State, found: Candidate, fold: int) -> Order:
    soft, until = state.pace.fit_seconds, math.inf
    if not state.counted:
        left = max(0.5, seconds_left(state))
        soft, until = min(soft, left), time.monotonic() + left - max((1 - TRAINING) * left, min(EXPORT, left / 2))
    keeps = fold == 0 and (state.pace.folds == 1 or not state.settled)
    return Order(
        table=state.matrices.table(fold),
        learner=found.learner.name,
        params=found.params,
        task=state.problem.task,
        seed=state.seed,
        seconds=soft,
        until=until,
        sample=found.sample,
        out=state.rundir.place(f"{OOF}/{found.id}-{fold}"),
        parity=state.matrices.parity(fold) if keeps else None,
        package=state.package,
    )
