"""Members on other rows: the same learners, parameters and rounds, after the plan was fitted on those rows, too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.executors.base import Job
from automl.features.plan import Plan
from automl.learners.base import Member
from automl.search.problem import Matrices, Problem
from automl.search.refit import SEEDS
from automl.search.run import Run
from automl.search.schedule.jobs import memory
from automl.search.worker.averaging import average
from automl.search.worker.fold_fit import FitRequest, FittedModel

FOLDER = "matrices-all"
NO_TIME = "there was no time to fit the members once more on all rows"
LONGEST = 86_400.0  # seconds of a fit that the clock does not end


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """The plan and the members on the new rows; `native` are their own raw scores on the rows at `parity_rows`."""

    plan: Plan
    members: tuple[Member, ...]
    native: tuple[NDArray[np.float64], ...]
    parity_rows: NDArray[np.int64]


def refit_members(
    members: Sequence[Member], rows: Rows, problem: Problem, run: Run, *, seconds: float = math.inf
) -> Refitted | str:
    """The members fitted on `rows` in place of the problem's own; or the reason why one of them could not be.

    A member that has learned from a larger model what rows answer has nothing to learn on rows that it did not see.
    None of them is cut short: after so many `seconds` the reason is that there was no time.
    """
    end = run.deadline.spent() + seconds
    if any(member.taught for member in members):
        return "a member was taught by a larger model, which has not seen the other rows"
    whole = replace(problem, rows=rows)
    matrices = Matrices(problem=whole, rundir=run.folder, folder=FOLDER)
    fits = [(place, fit) for place, member in enumerate(members) for fit in range(member.fits)]
    for number, (place, fit) in enumerate(fits):
        longest = max(1.0, min(LONGEST, end - run.deadline.spent()))
        run.executor.submit(_job(members[place], matrices, run, number, fit, seconds=longest))
    found: dict[int, FittedModel] = {}
    while len(found) < len(fits):
        if run.deadline.spent() >= end:
            run.executor.cancel()
            return NO_TIME
        for done in run.wait(min(1.0, max(0.1, end - run.deadline.spent()))):
            if not isinstance(done.value, FittedModel):
                run.executor.cancel()
                failed = f"{members[fits[done.id][0]].learner} could not be fitted on all rows: {done.detail}"
                return NO_TIME if done.status == "timeout" else failed
            found[done.id] = done.value
    each = [[found[number] for number, (at, _) in enumerate(fits) if at == place] for place in range(len(members))]
    models = [average(parts) for parts in each]
    return Refitted(
        plan=matrices.plan(None),
        members=tuple(model.member for model in models),
        native=tuple(model.native for model in models),
        parity_rows=whole.parity_rows,
    )


def _job(member: Member, matrices: Matrices, run: Run, number: int, fit: int, *, seconds: float) -> Job:
    rounds = {} if member.rounds is None else {"rounds": member.rounds}
    request = FitRequest(
        matrix=matrices.matrix(None),
        learner=member.learner,
        params={**member.params, **rounds},
        task=matrices.problem.task,
        seed=run.seed + SEEDS * fit,
        seconds=LONGEST,  # fewer would end it early, and it were no twin
        parity=matrices.parity(None),
        package=run.learners,
    )
    return Job(
        id=number,
        function="automl.search.worker.fold_fit:refit",
        arguments={"request": request},
        seconds=seconds,
        memory=memory(run),
    )
