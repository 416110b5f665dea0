"""Old versions go by number, and what answers, or answered last, never goes."""

from __future__ import annotations

import pytest

from automl.errors import BundleError
from automl.model_registry.history import history
from automl.model_registry.promote import promote, rollback, start_canary
from automl.model_registry.prune import kept_of, prune
from automl.model_registry.register import register
from automl.model_registry.state import State, place, read_state


def test_champion_parent_and_canary_stay(credit, versions, hashes):
    """However few are kept; the history goes on telling of those that went, and no rollback leads to them."""
    for path in versions[2:]:
        register(path, credit)
    promote(credit, hashes[1])
    promote(credit, hashes[2])
    start_canary(credit, hashes[3], share=0.1)
    assert prune(credit, keep=0) == [hashes[0]]
    assert not place(credit, hashes[0]).exists()
    assert [event.what for event in history(credit) if event.version == hashes[0]] == ["register", "promote", "prune"]
    rollback(credit)
    with pytest.raises(BundleError, match="no parent version"):
        rollback(credit)
    assert set(read_state(credit).versions) == set(hashes[1:])


def test_the_last_ones_stay():
    """`keep` counts from the last that was registered."""
    assert kept_of(State(versions=("a", "b", "c"), champion="a"), 1) == {"a", "c"}
    assert kept_of(State(versions=("a", "b"), champion="a", parents=("b", "a")), 0) == {"a", "b"}
    assert kept_of(State(versions=("a",)), 5) == {"a"}


def test_what_was_never_registered_goes(credit):
    """A folder that a killed writer left among the versions."""
    left = credit / "versions" / f"{'0' * 64}.bundle"
    left.mkdir()
    prune(credit, keep=9)
    assert not left.exists()
    assert len(read_state(credit).versions) == 2
