"""A fit in a notebook: money, scores, and what was tried for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from automl.bundle.manifest import Score
from automl.pipeline.judge import Judgement
from automl.pipeline.result import Fit
from automl.search.leaderboard import Leaderboard
from tests.report.conftest import GOOD
from tests.report.views.conftest import EVIL
from tests.report.views.test_board import TRIALS

SCORES = (Score(metric="roc_auc", value=0.9, low=0.88, high=0.92, n=250), Score(metric="mape", value=None, reason=EVIL))


def fit(**more) -> Fit:
    judgement = Judgement(scores=SCORES, verdict=more.pop("verdict", GOOD), prediction=np.zeros((1, 1)))
    board = Leaderboard(trials=TRIALS, weights=((2, 1.0),))
    return Fit(
        **({"path": Path("a.bundle"), "board": board, "judgement": judgement, "gates": (), "seconds": 9.6} | more)
    )


def test_money_comes_first_then_scores(read):
    """The verdict's sentence, each score with its interval, and why one has no value; then the trials."""
    told = read(fit()._repr_html_())
    assert "fit worth deploying Deploy it: it saves 18,400 EUR" in told
    assert "roc auc test 0.9 0.8800 to 0.9200 250" in told
    assert f"mape has no value on the test part: {EVIL}" in told
    assert "3 trials in 10 s; wrote a.bundle." in told


def test_what_ended_it_early_is_said(read):
    """And without costs the first score is the sentence."""
    told = read(fit(verdict=None, stopped="stopped by hand", untried="the time ended")._repr_html_())
    assert "On test rows its roc auc is 0.9." in told
    assert "The fit ended early: stopped by hand" in told
    assert "This is a constant: the time ended" in told
