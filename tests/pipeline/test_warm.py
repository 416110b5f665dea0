"""What comes after a search is imported while it runs."""

from __future__ import annotations

from automl.pipeline.warm import AFTER, after_first, warm
from automl.progress import Event


def test_the_first_event_of_a_stage_starts_it_once() -> None:
    """Every event reaches the listener; the call comes with the first of its stage, and not again."""
    heard, calls = [], []
    listener = after_first("search", heard.append, lambda: calls.append(len(heard)))
    for stage in ("read", "search", "search", "refit"):
        listener(Event(stage=stage, text="", facts={}))
    assert [event.stage for event in heard] == ["read", "search", "search", "refit"]
    assert calls == [1]


def test_an_import_that_fails_is_left_to_where_it_is_needed() -> None:
    """The thread ends without a word; what came before was imported."""
    loaded = []

    def load(name: str) -> None:
        if name == "bad":
            raise ImportError(name)
        loaded.append(name)

    warm(("good", "bad", "never"), load=load).join(10)
    assert loaded == ["good"]


def test_what_is_imported_exists() -> None:
    """Each module named is one."""
    thread = warm(AFTER)
    thread.join(60)
    assert not thread.is_alive()
