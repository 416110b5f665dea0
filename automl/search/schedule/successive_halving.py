"""Successive halving: on large data many candidates are tried on few rows, and the best of them climb to all.

The portfolio's first is fitted on all rows at once: more rows gain more than any choice of parameters on few.

Source: Li et al.: A System for Massively Parallel Hyperparameter Tuning (ASHA), MLSys 2020. Validation rows are the
same on every rung, so that losses compare; a candidate that climbs is fitted anew and is a trial again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from automl.search.candidate import Candidate
from automl.search.cost.fidelity import hurried
from automl.search.schedule.estimates import backlog, expected, scaled, seconds_left, share_of_time
from automl.search.state import State

RUNGS = (10_000, 40_000)
LARGE = 60_000  # rows of a fold from which there are rungs
ETA = 3  # one in so many climbs
MOST_HASTE = 2.0  # a higher learning rate makes up for that much
GAIN = 1.5  # a rung of so many times the rows is worth a fit
CAUTION = 0.8  # of the time left, what a fit on as many rows as fit may take
TRIALS = 16  # that the lowest rung should get, else they learn faster
LONG = 2.0  # times a usual fit, what the portfolio's first takes: it learns slowly
FASTER = 4.0  # times its learning rate, if need be; beyond, it learns from fewer rows
FEWEST_ROWS = 500  # a sample of fewer is not worth it: rather fewer rounds on more rows
CUT = 40.0  # times fewer rounds than usual: forecasts for many classes are several times too long


def rungs(rows: int) -> tuple[int, ...]:
    """The rows of the lower rungs, none for data that is not large; above them are all rows."""
    return RUNGS if rows >= LARGE else ()


def on_rung(state: State, candidate: Candidate) -> bool:
    """Whether a candidate is on a lower rung, where its first fold is all that it is tried on."""
    return candidate.sample in state.rungs


def anchor(state: State) -> Candidate | None:
    """The portfolio's first on all rows, as fast as the time for one fit asks, or on as many rows as that leaves.

    It also stands where there is time for no other learner. What it lacks of time it lacks of rows and of rounds alike:
    few rows are learned by heart in a few rounds, and more rows end at the rounds that they have. Where few rows would
    be left it has more of them and all the time. None where it would need fewer rows, but has more folds.
    """
    following, rows = state.proposals.first(), len(state.problem.folds[0].fit)
    if following is None:
        return None
    learner, params = following
    factor = 1.0
    if not state.counted:
        time = max(min(state.fidelity.fit_seconds, seconds_left(state)), 1e-9)
        factor = (LONG * expected(state, learner, None) + backlog(state)) / time
    sample = int(rows * math.sqrt(min(1.0, FASTER / factor)))
    cut = sample < min(rows, FEWEST_ROWS)
    if cut:
        sample = int(rows * min(1.0, math.sqrt(FASTER * CUT / factor)))
    if sample < min(rows, FEWEST_ROWS) or (sample < rows and state.fidelity.folds > 1):
        return None
    if cut:
        state.fidelity = replace(state.fidelity, fit_seconds=max(0.0, seconds_left(state)))
    return Candidate(
        id=state.number,
        learner=learner,
        params=hurried(params, min(factor, FASTER)),
        sample=sample if sample < rows else None,
        detail=f"learned from {sample:,} of {rows:,} rows: there was no time for more" if sample < rows else "",
    )


def learn(state: State, candidate: Candidate) -> None:
    """The first trial on a rung shows how many times faster the others should learn, so that there is time for some."""
    there = [one for one in state.candidates if on_rung(state, one) and one.losses]
    if there == [candidate] and not state.counted:
        rate = max(1.0, share_of_time(state, TRIALS, candidate.seconds))
        state.proposals.fidelity = replace(state.proposals.fidelity, rate=rate)


def next_climb(state: State) -> Candidate | None:
    """The best candidate that may climb, from the highest rung down, on the rows that it gets."""
    climbed = {candidate.origin for candidate in state.candidates}
    for place in reversed(range(len(state.rungs))):
        for candidate in _best(state, state.rungs[place]):
            if candidate.id not in climbed and (higher := _climb(state, candidate, place)) is not None:
                return higher
    return None


def _best(state: State, rows: int) -> Sequence[Candidate]:
    """One in `ETA` of a rung, the best first."""
    there = [one for one in state.candidates if one.sample == rows and one.ended and one.status == "ok"]
    there.sort(key=lambda one: (one.first, one.id))
    return there[: math.ceil(len(there) / ETA)]


def _climb(state: State, candidate: Candidate, place: int) -> Candidate | None:
    """`candidate` on the next rung; in a hurry if need be; or, where folds are not needed, on as many rows as fit."""
    rows = state.rungs[place + 1] if place + 1 < len(state.rungs) else None
    factor = 1.0 if state.counted else _haste(state, candidate, rows)
    if factor > MOST_HASTE:
        every = len(state.problem.folds[0].fit)
        rows = int((rows or every) * CAUTION / factor)
        if state.fidelity.folds > 1 or rows < GAIN * state.rungs[place]:
            return None
        factor = 1.0
    return Candidate(
        id=state.number,
        learner=candidate.learner,
        params=hurried(candidate.params, factor),
        sample=rows,
        origin=candidate.id,
    )


def _haste(state: State, candidate: Candidate, rows: int | None) -> float:
    every = len(state.problem.folds[0].fit)
    folds = max(1.0, state.fidelity.folds / state.workers) if rows is None else 1.0
    return (
        scaled(candidate.seconds_a_fold(), candidate.sample or every, rows or every)
        * folds
        / max(seconds_left(state), 1e-9)
    )
