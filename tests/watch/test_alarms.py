"""Alarms of a store are told to whoever acts on them."""

from __future__ import annotations

import sqlalchemy as sa

from automl.watch.alarms import alarms
from automl.watch.schema import ALARMS
from automl.watch.store import open_store


def test_those_of_a_bundle_since_a_moment_in_their_order(tmp_path):
    """Alarms of others, and those of that very moment, are not among them."""
    store = open_store(str(tmp_path / "watch.db"), create=True)
    told = [("a", 10, "old"), ("a", 20, "drift"), ("b", 30, "other"), ("a", 40, "money")]
    rows = [
        {
            "bundle": bundle,
            "look": place,
            "raised": raised,
            "kind": kind,
            "check": "c",
            "severity": "act",
            "sentence": kind.upper(),
        }
        for place, (bundle, raised, kind) in enumerate(told)
    ]
    with store.writing() as connection:
        connection.execute(sa.insert(ALARMS), rows)
    assert alarms(store, "a", since=10) == [("drift", "act", "DRIFT"), ("money", "act", "MONEY")]
    assert alarms(store, "c", since=0) == []
    store.close()
