"""How slowly to learn: with time for more fits than an ensemble needs, slower ones are worth more than many.

Only where one fold judges fits that take long: the portfolio was measured on smaller data and in seconds, and with many
folds, or on few rows, the search has time to find the learning rate itself.
"""

from __future__ import annotations

from dataclasses import replace

from automl.search.candidate import Candidate
from automl.search.schedule.estimates import share_of_time
from automl.search.state import State

FITS = 6  # slow fits that the search should still get to
SLOWEST = 0.5  # times the portfolio's learning rate: twice the trees are to be served


def learn(state: State, candidate: Candidate) -> None:
    """The first fit that has a learning rate shows how much slower the others may learn."""
    shown = [one for one in state.candidates if one.losses and _rate(one)]
    if state.counted or state.rungs or state.fidelity.folds > 1 or shown != [candidate]:
        return
    own = candidate.learner.portfolio(state.problem.task, len(state.problem.folds[0].fit))[0].get("learning_rate")
    if isinstance(own, float):
        rate = max(SLOWEST, share_of_time(state, FITS, candidate.seconds * _rate(candidate) / own))
        state.proposals.fidelity = replace(state.proposals.fidelity, rate=rate)


def _rate(candidate: Candidate) -> float:
    """Its learning rate, 0 for what has none."""
    rate = candidate.params.get("learning_rate")
    return rate if isinstance(rate, float) else 0.0
