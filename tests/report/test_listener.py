"""Progress for people who fit in Python: a panel in a notebook, lines elsewhere, anew for each fit."""

from __future__ import annotations

import copy
import io
import sys
from types import SimpleNamespace

import pytest

from automl.progress import Event
from automl.report.listener import Progress

EVENTS = (
    Event(stage="read", text="reading", facts={"left": 60.0}),
    Event(stage="search", text="<b>lightgbm</b> is better", facts={"trials": 2, "best": 0.75}),
    Event(stage="search", text="the same moment", facts={"trials": 3}),
    Event(stage="done", text="wrote a.bundle"),
)


@pytest.fixture
def shown(monkeypatch):
    """What a notebook was told to show, in order; the first in a new place."""
    seen: list[tuple[str, str]] = []
    handle = SimpleNamespace(update=lambda page: seen.append(("again", page)))

    def display(page, *, display_id):
        assert display_id
        seen.append(("new", page))
        return handle

    ipython = SimpleNamespace(
        get_ipython=lambda: SimpleNamespace(kernel=True), display=SimpleNamespace(HTML=str, display=display)
    )
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return seen


def test_a_notebook_has_one_panel_that_is_drawn_anew(shown):
    """Where a stage begins, and not for each event of the same moment; what it says is text (V13)."""
    progress = Progress()
    for event in EVENTS:
        progress(event)
    assert [place for place, _ in shown] == ["new", "again", "again"]
    assert "searching: &lt;b&gt;lightgbm&lt;/b&gt; is better" in shown[1][1]
    assert "of 1:00" in shown[1][1]
    progress(EVENTS[0])
    assert shown[-1][0] == "new"  # another fit, another panel


def test_elsewhere_each_event_is_a_line(monkeypatch):
    """In a script, a log, and a console of IPython, which has no kernel; a copy of it tells the same."""
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=SimpleNamespace))
    stream = io.StringIO()
    progress = Progress(stream)
    assert copy.deepcopy(Progress()).stream is None
    for event in EVENTS:
        assert progress(event) is None
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["read", "search", "search", "done"]
