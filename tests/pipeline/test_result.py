"""What a fit gives."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from automl.bundle.manifest import Score
from automl.pipeline.judge import Judgement
from automl.pipeline.result import Fit
from automl.search.leaderboard import Leaderboard


def fit(*, worth: bool | None = None, signal: int | None = None, untried: str | None = None) -> Fit:
    verdict = None if worth is None else SimpleNamespace(worth=worth)
    score = Score(metric="roc_auc", value=0.9)
    return Fit(
        path=Path("a.bundle"),
        board=Leaderboard(trials=(), weights=((3, 0.6), (1, 0.4))),
        judgement=Judgement(scores=(score,), verdict=verdict, prediction=np.zeros((1, 1))),
        gates=(),
        stopped="stopped by hand" if signal else None,
        signal=signal,
        seconds=1.234,
        untried=untried,
    )


@pytest.mark.parametrize(
    ("done", "code"),
    [
        (fit(), 0),
        (fit(worth=True), 0),
        (fit(worth=False), 5),
        (fit(worth=False, signal=2), 130),
        (fit(signal=15), 143),
        (fit(worth=False, untried="the time ended"), 6),
    ],
    ids=["no costs", "it pays", "it does not", "Ctrl-C", "SIGTERM", "a constant"],
)
def test_the_exit_code_says_how_it_ended(done: Fit, code: int) -> None:
    """A signal goes before want of time, and that before a verdict."""
    assert done.exit_code == code


def test_the_summary_is_json() -> None:
    """Scores, members with their weights and the time, without costs no verdict."""
    told = fit(signal=2).summary()
    assert told["scores"][0]["value"] == 0.9
    assert told["members"] == [[3, 0.6], [1, 0.4]]
    assert (told["worth"], told["verdict"], told["stopped"], told["seconds"]) == (None, None, "stopped by hand", 1.23)


def test_the_bundle_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read where it is first asked for."""
    opened: list[Path] = []
    monkeypatch.setattr("automl.bundle.read.Bundle.load", lambda path: opened.append(path) or SimpleNamespace())
    done = fit()
    assert done.bundle is done.bundle
    assert opened == [Path("a.bundle")]
