"""Repeated cross-validation: once the search has found what it will, the best few get other folds, too.

One cross-validation of few rows chooses by luck; the mean of several does not. Each repeat parts the rows anew (by time
and by the file's order at other moments) and fits the whole plan on each of its folds. Only a repeat that all finalists
have ended counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from automl.search import candidate as candidates
from automl.search.candidate import Candidate
from automl.search.ensemble import membership
from automl.search.schedule.estimates import seconds_left
from automl.search.schedule.racing import CAUTION, exhausted
from automl.search.state import State

MOST = 10  # cross-validations: more no longer change the choice
BESIDE = 2  # finalists beside the members of the best ensemble so far
LEAST = 2  # finalists


def next_repeat(state: State) -> tuple[Candidate, int] | None:
    """The next fold of a finalist, if the search has ended, the rows can be parted anew, and there is time."""
    if not _possible(state):
        return None
    if not state.finalists:
        _nominate(state)
    if _unasked(state) is None and _another(state):
        state.repeats += 1
    return _unasked(state)


def taken(state: State, candidate: Candidate) -> None:
    """A finalist has another fold: with the last one of a repeat it has the repeat."""
    folds = len(state.problem.folds)
    while candidates.has_repeat(candidate, folds):
        candidates.end_repeat(candidate, state.problem, state.run.folder)
        arrays = [candidates.oof_name(candidate, candidate.repeats - 1)]
        state.run.folder.append(candidates.repeat_record(candidate, folds), arrays=arrays)


def complete(state: State) -> int:
    """The repeats that all finalists have."""
    return min((candidate.repeats for candidate in state.finalists), default=1)


def _possible(state: State) -> bool:
    under_way = any(not candidate.ended for candidate in state.candidates)
    whole = state.fidelity.folds == len(state.problem.folds) > 1
    return whole and state.problem.can_repeat(1) and not state.counted and not under_way


def _nominate(state: State) -> None:
    """The members of the best ensemble, the best of each learner, and a few more: as many as a repeat has time for.

    Where there is time for all repeats of others, too, they are judged as well: who was behind by luck may yet help.
    """
    standing = sorted(state.whole, key=lambda one: (one.loss(state.problem), one.id))
    if len(standing) < LEAST:
        return
    ensemble = list(membership.weights(state, membership.pool(state, standing, repeats=1)))
    best = {one.learner.name: one for one in reversed(standing)}  # the ensemble lives of their differences
    others = [one for one in standing if one in best.values()] + standing[: len(ensemble) + BESIDE]
    finalists = list(dict.fromkeys([*ensemble, *others]))
    while len(finalists) >= LEAST and _seconds(state, finalists) >= seconds_left(state):
        finalists.pop()
    if len(finalists) < max(LEAST, len(ensemble)):
        return
    for one in standing:
        if one not in finalists and (MOST - 1) * _seconds(state, [*finalists, one]) < seconds_left(state):
            finalists.append(one)
    state.finalists = tuple(finalists)
    why = "no gain for a while" if exhausted(state) else "no time for another candidate"
    text = f"{why}: the best {len(finalists)} are cross-validated again on other folds"
    state.run.tell("search", text, left=state.run.deadline.left())


def _another(state: State) -> bool:
    """Whether one more repeat is worth its time and has it."""
    worth = bool(state.finalists) and state.repeats < MOST and state.problem.can_repeat(state.repeats)
    return worth and _seconds(state, state.finalists) < seconds_left(state)


def _unasked(state: State) -> tuple[Candidate, int] | None:
    """The first fold of the repeat that a finalist was not asked for."""
    folds = len(state.problem.folds)
    for repeat in range(1, state.repeats):
        for candidate in state.finalists:
            for fold in range(repeat * folds, (repeat + 1) * folds):
                if fold not in candidate.asked:
                    return candidate, fold
    return None


def _seconds(state: State, finalists: Sequence[Candidate]) -> float:
    """Seconds until one more repeat is done, the jobs under way first."""
    fits = sum(candidate.seconds_a_fold() for candidate in finalists) * len(state.problem.folds)
    flying = sum(candidate.seconds_a_fold() for candidate, _ in state.flying.values())
    return CAUTION * (fits + flying) / state.workers
