"""A leaderboard in a notebook: all that was tried, what ships, and what could have shipped."""

from __future__ import annotations

from dataclasses import replace

from automl.search.leaderboard import Leaderboard, Point, Trial
from tests.report.views.conftest import EVIL

TRIALS = (
    Trial(id=1, learner="linear", params={}, status="ok", loss=0.6, score=0.75, seconds=0.5, oof="oof-1"),
    Trial(id=2, learner="lightgbm", params={}, status="ok", loss=0.5, score=0.8, seconds=2.0, oof="oof-2"),
    Trial(id=3, learner="xgboost", params={}, status="memory", detail=EVIL),
)
FRONT = (
    Point(weights=((2, 1.0),), loss=0.5, score=0.8, latency_p99=0.002, size=2e6),
    Point(weights=((1, 1.0),), loss=0.6, score=0.75, latency_p99=0.001, size=1e5),
)


def test_trials_are_shown_the_best_first(read):
    """With the reason where one failed, the weights of what ships, and the front with its choice."""
    told = read(Leaderboard(trials=TRIALS, weights=((2, 1.0),), front=FRONT)._repr_html_())
    assert "3 trials, of which 1 ships. The best alone is lightgbm, with a score of 0.8 out of fold." in told
    assert "lightgbm 2 100.0%" in told
    assert "What could have shipped" in told
    trials = told.partition("Trials")[2]
    assert trials.index("lightgbm") < trials.index("linear") < trials.index("xgboost")
    assert EVIL in trials


def test_a_board_without_a_score_is_shown(read):
    """All failed, or nothing was tried yet: the view says so, and ends nowhere."""
    assert "0 trials" in read(Leaderboard(trials=(), weights=())._repr_html_())
    failed = Leaderboard(trials=(replace(TRIALS[2], detail=""),), weights=())
    assert "1 trial, of which 0 ship." in read(failed._repr_html_())
