"""A leaderboard: what was tried, what came of it, and what ships."""

from __future__ import annotations

from automl.figures.scales import number
from automl.report._words import count
from automl.report.views._trials import front_of, trials_of
from automl.report.views.base import Content, View, drawn
from automl.search.leaderboard import Leaderboard


def _html(found: Leaderboard) -> str:
    return drawn(
        Content(kind="leaderboard", lead=_lead(found), figures=tuple(front_of(found)), opened=trials_of(found))
    )


def _lead(found: Leaderboard) -> str:
    ships = len(found.weights)
    told = f"{count(len(found.trials), 'trial')}, of which {ships} {'ships' if ships == 1 else 'ship'}."
    best = found.best if found.trials else None
    if best is None or best.score is None:
        return told
    return f"{told} The best alone is {best.learner}, with a score of {number(best.score)} out of fold."


board = View(name="Leaderboard", html=_html)
