"""What becomes of a better challenger in a registry is what [retrain] says."""

from __future__ import annotations

import pytest

from automl.model_registry.history import history
from automl.model_registry.promote import promote
from automl.model_registry.register import register
from automl.model_registry.state import read_state
from automl.pipeline.redecide import decide
from automl.retrain.publish import publish
from automl.spec.retrain import Retrain


@pytest.fixture
def registry(champion, tmp_path):
    """A registry with its champion, and a challenger beside it."""
    folder = tmp_path / "loans"
    promote(folder, register(champion.path, folder))
    decide(champion.path, ["objective.costs.false_positive=2"], tmp_path / "next.bundle", write_anyway=True)
    return folder


def test_by_itself_it_is_the_champion_at_once(registry, tmp_path):
    """The history has the reason."""
    told = publish(registry, tmp_path / "next.bundle", Retrain(), why="it saves more")
    assert told.endswith(f"is the champion of {registry}")
    assert [event.what for event in history(registry)][-2:] == ["register", "promote"]
    assert history(registry)[-1].why == "it saves more"


def test_a_canary_answers_a_share_first(registry, tmp_path):
    """With its loss budget, and the champion is the old one."""
    before = read_state(registry).champion
    publish(registry, tmp_path / "next.bundle", Retrain(canary=0.1, loss_budget=50.0), why="")
    state = read_state(registry)
    assert (state.champion, state.canary.share, state.canary.loss_budget) == (before, 0.1, 50.0)


def test_a_person_is_asked_where_the_spec_says_so(registry, tmp_path):
    """It is registered, and nothing answers with it yet."""
    before = read_state(registry).champion
    told = publish(registry, tmp_path / "next.bundle", Retrain(promote="ask"), why="")
    assert "automl promote" in told
    state = read_state(registry)
    assert (state.champion, state.canary, len(state.versions)) == (before, None, 2)
