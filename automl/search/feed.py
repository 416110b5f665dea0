"""Keeps the workers fed: whose turn is next, and the feature plans that are made while they are busy."""

from __future__ import annotations

from dataclasses import replace

from automl.search.candidate import Candidate
from automl.search.collect import counting_folds, end
from automl.search.schedule import jobs, racing, repeated_cv
from automl.search.schedule.estimates import granted, seconds_left
from automl.search.schedule.successive_halving import on_rung
from automl.search.state import State

PLANS = 0.3  # of the search, the most that the plans of further folds may take
MOMENT = 0.01  # seconds that are not worth planning for


def feed(state: State) -> None:
    """Submit jobs until the executor has enough, or nothing is worth a job."""
    while jobs.room(state):
        for candidate in racing.abandon(state):
            end(state, candidate, folds=counting_folds(state, candidate))
        following = (
            racing.next_fold(state)
            or racing.next_climb(state)
            or racing.next_candidate(state)
            or repeated_cv.next_repeat(state)
        )
        if following is None:
            return
        before, left = state.run.deadline.spent(), seconds_left(state)
        jobs.submit(state, *following)
        if state.counted:
            continue
        if not state.late:
            state.late = granted(state)
            _fewer_plans(state, state.run.deadline.spent() - before)
        if _first_on_all_rows(state, following[0]):
            state.late = max(state.late, before + left)


def plan_ahead(state: State) -> None:
    """While the workers are busy: the plan on all rows, once every fold has its own."""
    folds = range(state.fidelity.folds)
    if state.settled and len(folds) > 1 and all(state.matrices.has(fold) for fold in folds):
        state.matrices.matrix(None)


def _first_on_all_rows(state: State, candidate: Candidate) -> bool:
    """Whether nothing stands yet that learned from more than the rows of a rung, so that this fit must come to its end.

    What is set aside for refits would else end it as soon as more is set aside, and nothing could then be refitted.
    """
    others = [one for one in state.whole if not one.learner.baseline and not on_rung(state, one)]
    return bool(state.rungs) and not candidate.learner.baseline and not on_rung(state, candidate) and not others


def _fewer_plans(state: State, seconds: float) -> None:
    """The first plan took so long: where one for each fold would take too much of the time, there are fewer folds."""
    most = 1 + int(PLANS * max(0.0, seconds_left(state)) / max(seconds, MOMENT))
    if state.fidelity.folds > most:
        state.fidelity = state.proposals.fidelity = replace(state.fidelity, folds=most)
        state.settled = state.settled or most == 1
