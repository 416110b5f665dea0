"""How the search tells of its trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from automl.progress import Event
from automl.search.events import tell, tell_the_end
from automl.search.leaderboard import Trial
from automl.search.state import State

GOOD = Trial(id=0, learner="ridge", params={}, status="ok", loss=0.4, score=0.9, folds=4, rows=180, oof="oof/0")


@pytest.mark.parametrize(
    ("trial", "sentence"),
    [
        (GOOD, "ridge: roc auc 0.9"),
        (replace(GOOD, score=None), "ridge: loss 0.4"),
        (replace(GOOD, oof=None, rows=60), "ridge: roc auc 0.9, from 60 rows, not on all folds"),
        (replace(GOOD, status="stopped", detail="the time ended"), "ridge was stopped: the time ended"),
        (replace(GOOD, status="crashed", detail="it died"), "ridge failed: crashed. it died"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_trial_is_one_sentence(make_state: Callable[..., State], trial: Trial, sentence: str) -> None:
    """People read how good it was, or what became of it."""
    told: list[str] = []
    state = make_state(trials=2, told=told)
    tell(state, trial)
    assert told == [sentence]


def test_the_best_so_far_names_its_predictions(make_state: Callable[..., State]) -> None:
    """Machines read the score, the best so far, and where a new best one has its predictions."""
    heard: list[Event] = []
    state = make_state(trials=2)
    state = replace(state, run=replace(state.run, listener=heard.append), aside=(GOOD,))
    tell(state, GOOD)
    tell(state, replace(GOOD, id=1, score=0.7))
    assert heard[0].facts == {"trials": 1, "learner": "ridge", "left": 60.0, "score": 0.9, "best": 0.9, "oof": "oof/0"}
    assert "oof" not in heard[1].facts


@pytest.mark.parametrize(("improving", "why"), [(True, "nothing else fits into the time"), (False, "no gain for a")])
def test_an_early_end_has_a_reason(make_state: Callable[..., State], *, improving: bool, why: str) -> None:
    """Counted work ends when it is done: nothing is said."""
    told: list[str] = []
    tell_the_end(make_state(told=told), improving=improving)
    assert told[0].startswith(why)
    told.clear()
    tell_the_end(make_state(told=told, trials=2), improving=improving)
    assert told == []
