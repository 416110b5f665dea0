"""A registry as people read it."""

from __future__ import annotations

from automl.model_registry.history import Event
from automl.model_registry.state import Canary, State
from automl.report.registered import as_json, history_text, state_text

A, B = "a" * 64, "b" * 64


def test_who_answers_then_what_happened():
    """Roles, versions, then one line for each event, with its reason and the money behind it."""
    canary = Canary(version=B, share=0.1, loss_budget=500.0, since="2026-01-31T12:00:00.000+00:00")
    state = State(champion=A, canary=canary, versions=(A, B))
    money = {"worth": True, "saving": 1234.5, "low": 100.0, "high": 2000.0, "currency": "EUR"}
    events = [
        Event(what="register", version=A, when=canary.since, who="ada", why="first", facts={"verdict": money}),
        Event(what="canary", version=B, when=canary.since, who="ada", facts={"share": 0.1}),
        Event(what="withdraw", version=B, when=canary.since, who="bob"),
    ]
    assert history_text(state, events).splitlines() == [
        "champion  aaaaaaaaaaaa",
        "canary    bbbbbbbbbbbb answers 10% of requests, may lose 500.00",
        "versions  aaaaaaaaaaaa, bbbbbbbbbbbb",
        "",
        "2026-01-31 12:00:00  register  aaaaaaaaaaaa  by ada: first; saves 1,234 EUR per 1,000 rows (100 to 2,000)",
        "2026-01-31 12:00:00  canary    bbbbbbbbbbbb  by ada: answers 10% of requests",
        "2026-01-31 12:00:00  withdraw  bbbbbbbbbbbb  by bob",
    ]
    assert as_json(state, events)["history"][2]["who"] == "bob"


def test_nothing_answers_yet():
    """It says how something will."""
    assert state_text(State()) == "champion  none yet: automl promote makes one"
    assert "history" not in as_json(State())
