"""A watch goes on when the store is away for a while, and looks with the bundle that lies there."""

from __future__ import annotations

import pytest

from automl.errors import SpecError
from automl.watch.watcher import keep_looking


def test_a_dead_database_is_asked_again(bundle, monkeypatch) -> None:
    """What the machine refuses ends no watch."""
    monkeypatch.setenv("WATCH_URL", "postgresql://a:b@127.0.0.1:1/c")
    complaints, pauses = [], []
    keep_looking(
        "env:WATCH_URL",
        bundle,
        None,
        "1d",
        tell=print,
        complain=complaints.append,
        sleep=pauses.append,
        turns=iter([1, 2]),
    )
    assert len(complaints) == 2
    assert pauses == [60.0, 60.0]


def test_a_time_that_is_none(bundle) -> None:
    """The option is named."""
    with pytest.raises(SpecError, match="--every"):
        keep_looking("watch.db", bundle, None, "daily", tell=print, complain=print)
