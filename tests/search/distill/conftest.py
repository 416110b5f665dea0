"""A search over real learners that has ended: lighter models are made from it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from automl.search.collect import close
from automl.search.finish import finish
from automl.search.leaderboard import Outcome
from automl.search.loop import _explore
from automl.search.state import State


@pytest.fixture
def ended(make_state: Callable[..., State]) -> State:
    """Two trials of LightGBM beside the baselines, on all folds."""
    state = make_state(trials=2, learners=("lightgbm",), package="automl.learners")
    _explore(state)
    close(state)
    return state


@pytest.fixture
def outcome(ended: State) -> Outcome:
    """What the search hands on."""
    return finish(ended).outcome


@pytest.fixture
def teacher(ended: State) -> np.ndarray:
    """Probabilities [n, 1] that know more than any model: near the labels."""
    return np.clip(ended.problem.rows.y, 0.1, 0.9)[:, None]
