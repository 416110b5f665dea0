"""How long things will take, from how long their like has taken: nothing is begun that cannot end in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automl.learners.base import Learner
from automl.search.candidate import Candidate
from automl.search.pace import fit_estimate
from automl.search.problem import Problem
from automl.search.state import State

REFIT = 0.9  # of a fold's time, row for row: a refit has no validation rows and does not wait for a gain
CHOOSING = 0.5  # seconds for the ensemble and the first refits to start


def seconds_left(state: State) -> float:
    """Seconds of search: what is left beside the reserve and the refits."""
    return state.deadline.left() - state.reserve - refit_seconds(state)


def refit_seconds(state: State) -> float:
    """What refitting the members is likely to take, from the best candidates so far.

    With a holdout the fitted models may ship as they are, so nothing is set aside for refits that take long.
    """
    standing = state.finalists or [one for one in state.found if one.losses and (one.whole or not one.ended)]
    best = sorted(standing, key=lambda one: (one.first, one.id))[: state.spec.recipe.members]
    seconds = makespan(best, state.problem, state.spec.budget.workers)
    return CHOOSING + (0.0 if state.pace.folds == 1 and seconds > state.pace.refit_seconds else seconds)


def makespan(members: Sequence[Candidate], problem: Problem, workers: int) -> float:
    """Seconds until the refits of `members` end, the longest started first."""
    more = problem.rows.n / float(np.mean([len(fold.fit) for fold in problem.folds]))
    ends = [0.0] * workers
    for seconds in sorted((member.seconds_a_fold() * more * REFIT for member in members), reverse=True):
        ends[ends.index(min(ends))] += seconds
    return max(ends)


def haste(state: State, learner: Learner) -> float:
    """How many times too long one more candidate of `learner` is likely to take."""
    if state.counted:
        return 1.0
    seconds = expected(state, learner) * max(1.0, state.pace.folds / state.workers) + backlog(state)
    return seconds / max(seconds_left(state), 1e-9)


def expected(state: State, learner: Learner) -> float:
    """Seconds that a fit of `learner` is likely to take."""
    took = [found.seconds_a_fold() for found in state.found if found.learner is learner and found.losses]
    return sum(took) / len(took) if took else usual_fit(state.problem) * learner.cost / 2


def backlog(state: State) -> float:
    """Seconds until the further folds of the candidates under way are done."""
    return sum(rest(state, found) for found in state.found if not found.ended) / state.workers


def rest(state: State, found: Candidate) -> float:
    """Seconds of work on one worker in the further folds of a candidate."""
    return found.seconds_a_fold() * max(0, state.pace.folds - len(found.losses)) if found.losses else 0.0


def usual_fit(problem: Problem) -> float:
    """Seconds that a default booster takes on a fold, before any has been fitted."""
    return fit_estimate(len(problem.folds[0].fit), max(1, len(problem.schema.features)), problem.task)


def work(problem: Problem, found: Candidate) -> float:
    """What a trial took in counted work, which is the same on every machine."""
    cells = len(problem.folds[0].fit) * len(problem.schema.features)
    return cells * max(1, sum(found.rounds)) * found.learner.cost
