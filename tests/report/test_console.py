"""The display tells a run: a panel on a terminal, plain lines elsewhere, nothing if asked."""

from __future__ import annotations

import io
from typing import Any

import pytest

from automl.progress import Event
from automl.report.console import watching

STORY = (
    Event(stage="read", text="750 rows"),
    Event(
        stage="search",
        text="lightgbm\n\x1b[31m",
        facts={"trials": 3, "best": 0.8123456, "money": 456.0, "currency": "EUR"},
    ),
    Event(stage="done", text="wrote it"),
)


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _tell(stream: io.StringIO, **options: Any) -> str:
    with watching(stream, seconds=60, spent=lambda: 12.0, **options) as listener:
        for event in STORY:
            listener(event)
    return stream.getvalue()


def test_plain_lines() -> None:
    """S08: elsewhere than on a terminal each event is one line, whatever its text."""
    lines = _tell(io.StringIO(), quiet=False).splitlines()
    assert lines[0] == "  12.0s  read      750 rows"
    assert len(lines) == len(STORY)
    assert not any("\x1b" in line for line in lines)


def test_quiet() -> None:
    """Quiet is quiet."""
    assert _tell(Screen(), quiet=True) == ""


def test_the_panel_stands_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows the panel, and above it a line that stays for each event but those of the search."""
    monkeypatch.setenv("TERM", "xterm")
    shown = _tell(Screen(), quiet=False)
    assert "750 rows" in shown
    assert "budget" in shown


def test_a_poor_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """S09: NO_COLOR gives no colour, 20 columns break nothing, a dumb terminal gets plain lines."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    assert "\x1b[3" not in _tell(Screen(), quiet=False)
    monkeypatch.setenv("TERM", "dumb")
    assert _tell(Screen(), quiet=False).startswith("  12.0s  read      750 rows\n")
