"""How slowly to learn: with time for more fits than an ensemble needs, slower ones are worth more than many.

Only where one fold judges fits that take long: the portfolio was measured on smaller data and in seconds, and with many
folds, or on few rows, the search has time to find the learning rate itself.
"""

from __future__ import annotations

from dataclasses import replace

from automl.search.candidate import Candidate
from automl.search.forecast import seconds_left
from automl.search.state import State

FITS = 6  # slow fits that the search should still get to
SLOWEST = 0.5  # times the portfolio's learning rate: twice the trees are to be served


def learn(state: State, found: Candidate) -> None:
    """The first fit that has a learning rate shows how much slower the others may learn."""
    if state.counted or state.rungs or state.pace.folds > 1 or _rate(found) is None or not found.losses:
        return
    if any(other is not found and other.losses and _rate(other) is not None for other in state.found):
        return
    own = found.learner.portfolio(state.problem.task, len(state.problem.folds[0].fit))[0].get("learning_rate")
    rate = _rate(found)
    if isinstance(own, float) and rate is not None:
        share = FITS * found.seconds * (rate / own) / (state.workers * max(seconds_left(state), 1e-9))
        state.agenda.pace = replace(state.agenda.pace, rate=max(SLOWEST, share))


def _rate(found: Candidate) -> float | None:
    rate = found.params.get("learning_rate")
    return rate if isinstance(rate, float) and not found.learner.baseline else None
