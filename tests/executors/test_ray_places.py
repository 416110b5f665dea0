"""Where workers sit, and what a cluster that cannot be used is told, without Ray."""

from __future__ import annotations

import pytest

from automl.executors.ray import _own_words, _places


def test_workers_are_spread_over_the_machines() -> None:
    """One on each in turn, no more than it has cores; what joins later fills what is left."""
    assert _places({"a": 2, "b": 2, "c": 0}, [], 3) == ["a", "b", "a"]
    assert _places({"a": 1}, [], 3) == ["a"]
    assert _places({"a": 1, "b": 4}, ["a"], 3) == ["b", "b"]
    assert _places({}, [], 2) == []


def test_ray_asks_for_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """R14: one of our own where Ray is ours, the cluster's elsewhere, none only where that is said."""
    for name in ("RAY_ADDRESS", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)
    own = _own_words()
    assert own["RAY_AUTH_MODE"] == "token"
    assert len(own["RAY_AUTH_TOKEN"]) == 64
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert _own_words() == {"RAY_AUTH_MODE": "token"}
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    assert _own_words() == {"RAY_AUTH_MODE": "disabled"}
