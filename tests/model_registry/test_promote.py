"""Which version answers is moved by name, forth and back, and only to what verifies."""

from __future__ import annotations

import shutil

import pytest

from automl.errors import BundleError, SpecError
from automl.model_registry.history import history
from automl.model_registry.promote import promote, rollback, start_canary, withdraw
from automl.model_registry.register import register
from automl.model_registry.state import Canary, place, read_state


def test_forth_and_back(credit, versions, hashes):
    """Each champion remembers the one before; a rollback goes back one at a time, to the first, and no further."""
    register(versions[2], credit)
    assert promote(credit, hashes[1][:8]).parents == hashes[:1]
    assert promote(credit, "newest").parents == (hashes[1], hashes[0])
    assert rollback(credit).champion == hashes[1]
    assert rollback(credit).champion == hashes[0]
    with pytest.raises(BundleError, match="no parent version"):
        rollback(credit)
    assert [event.what for event in history(credit)][-4:] == ["promote", "promote", "rollback", "rollback"]


def test_the_champion_is_promoted_once(credit, hashes):
    """The same again is no event: a command that is run once more after a crash is harmless."""
    before = history(credit)
    assert promote(credit, hashes[0]).champion == hashes[0]
    assert history(credit) == before


@pytest.mark.parametrize("move", ["promote", "rollback", "canary"])
def test_what_does_not_verify_is_not_moved(move, credit, hashes):
    """A version that was damaged, or exchanged for another, is refused; the champion stays."""
    promote(credit, hashes[1])
    moves = {
        "promote": lambda: promote(credit, hashes[0]),
        "rollback": lambda: rollback(credit),
        "canary": lambda: start_canary(credit, hashes[0], share=0.5),
    }
    shutil.rmtree(place(credit, hashes[0]))
    shutil.copytree(place(credit, hashes[1]), place(credit, hashes[0]))
    with pytest.raises(BundleError, match="in place of version"):
        moves[move]()
    (place(credit, hashes[0]) / "model.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match="not the one that was written"):
        moves[move]()
    assert read_state(credit).champion == hashes[1]


def test_a_canary_ends_as_champion_or_is_withdrawn(credit, hashes):
    """It stands beside the champion; any move of the champion ends it."""
    state = start_canary(credit, hashes[1], share=0.1, loss_budget=500.0)
    assert state.canary == Canary(version=hashes[1], share=0.1, loss_budget=500.0, since=history(credit)[-1].when)
    assert withdraw(credit, only=state.canary).canary is None
    with pytest.raises(BundleError, match="no canary"):
        withdraw(credit)
    old = state.canary
    assert start_canary(credit, hashes[1], share=0.2).canary is not None
    assert withdraw(credit, only=old).canary is not None
    assert promote(credit, "canary").champion == hashes[1]
    assert read_state(credit).canary is None


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_of_all_or_none_is_no_canary(share, credit, hashes):
    """Nor is the champion itself, nor a loss budget that is no amount."""
    with pytest.raises(SpecError, match="a share between 0 and 1"):
        start_canary(credit, hashes[1], share=share)
    with pytest.raises(SpecError, match="amount of money"):
        start_canary(credit, hashes[1], share=0.5, loss_budget=-abs(share) - 1)
    with pytest.raises(SpecError, match="is the champion"):
        start_canary(credit, "champion", share=0.5)
