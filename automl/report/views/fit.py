"""A fit: what it came to in money, its scores and limits, and the trials behind them."""

from __future__ import annotations

from typing import Protocol

from automl.report._words import count
from automl.report.text import Summarised
from automl.report.views._proof import proof
from automl.report.views._trials import trials_of
from automl.report.views.base import View, drawn
from automl.search.leaderboard import Leaderboard


class Done(Summarised, Protocol):
    """A fit that has ended; its home is in a room above."""

    @property
    def board(self) -> Leaderboard: ...


def _html(done: Done) -> str:
    facts = done.summary()
    told = [f"The fit ended early: {facts['stopped']}"] if facts["stopped"] else []
    told += [f"This is a constant: {facts['untried']}"] if facts["untried"] else []
    told += [
        *facts["left_out"],
        f"{count(facts['trials'], 'trial')} in {facts['seconds']:.0f} s; wrote {facts['bundle']}.",
    ]
    return drawn(proof("fit", facts, words=told, folded=trials_of(done.board)))


fit = View(name="Fit", html=_html)
