"""What a later search begins with."""

from __future__ import annotations

from types import SimpleNamespace

from automl.search.earlier import configurations, members


def _member(params, rounds):
    return SimpleNamespace(learner="lightgbm", params=params, rounds=rounds)


def test_a_refit_finds_its_rounds_anew():
    """More rows take more rounds: those that a member was fitted for are no bound; rounds of one's own stay."""
    stopped = _member({"learning_rate": 0.1, "rounds": 500}, 500)
    fixed = _member({"learning_rate": 0.1, "rounds": 500}, None)
    found = members(SimpleNamespace(members=(stopped, fixed)))
    assert found == [
        ("lightgbm", {"learning_rate": 0.1}),
        ("lightgbm", {"learning_rate": 0.1, "rounds": 500}),
    ]


def test_an_older_bundle_begins_with_its_members():
    """It kept nothing of what was tried."""
    tried = SimpleNamespace(learner="linear", params={"l2": 1.0})
    old = SimpleNamespace(members=(_member({"rounds": 5}, 5),), tried=())
    assert configurations(old) == [("lightgbm", {})]
    assert configurations(SimpleNamespace(members=old.members, tried=(tried,))) == [("linear", {"l2": 1.0})]
