"""The live display: a bar of the budget by stage, and the best score and its money over time, at any width."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import get_args

import pytest
from rich.console import Console

from automl.progress import Event, Stage
from automl.report.panel import DOING, Panel, sparkline

Told = Callable[..., str]


@pytest.fixture
def panel() -> Panel:
    """36 seconds of a minute: 4 before the search, then three candidates, each better."""
    now = [0.0]
    made = Panel(seconds=60, spent=lambda: now[0])
    for at, stage, facts in (
        (1.0, "read", {}),
        (2.0, "features", {}),
        (4.0, "search", {"trials": 1, "best": 0.5, "money": -20.0, "currency": "EUR"}),
        (20.0, "search", {"trials": 2, "best": 0.75, "money": 400.0, "currency": "EUR"}),
        (34.0, "search", {"trials": 3, "best": 0.8123456, "money": 456.0, "currency": "EUR"}),
    ):
        now[0] = at
        made(Event(stage=stage, text="lightgbm\n\x1b[31m", facts=facts))  # type: ignore[arg-type]  # names of stages
    now[0] = 36.0
    return made


def shown(panel: Panel, width: int, *, encoding: str = "utf-8", colours: bool = False) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    Console(file=stream, width=width, force_terminal=True, no_color=not colours).print(panel)
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]  # a BytesIO


def test_every_stage_has_its_words() -> None:
    """No stage that a run tells of is unknown to the display."""
    assert set(DOING) == set(get_args(Stage))


def test_what_the_panel_says(panel: Panel) -> None:
    """The budget left, trials, best score, its money, and what is happening, without control characters (S08)."""
    rows = dict(panel.rows())
    assert rows["left"] == "0:24 of 1:00"
    assert rows["trials"] == "3"
    assert rows["best"].endswith("█  0.81235")
    assert rows["money"].endswith("█  saves 456 EUR per 1,000 rows, before calibration")
    assert rows["now"].startswith("searching: lightgbm")
    assert "\x1b[31m" not in shown(panel, 80)


def test_the_bar_is_the_budget_by_stage(panel: Panel) -> None:
    """Each part is as long as its stage took of the budget, each with a glyph of its own where there is no colour."""
    text = shown(panel, 80)
    cells = (
        text.splitlines()[0].removeprefix("\x1b[2mbudget\x1b[0m").replace("\x1b[2m", "").replace("\x1b[0m", "").strip()
    )
    assert cells == "██" + "▓▓" + "▒" * 32 + "░" * 24
    assert "reading 0:02" in text
    assert "searching 0:32" in text


@pytest.mark.parametrize("width", [80, 40, 20, 8, 1])
def test_no_width_breaks_it(panel: Panel, width: int) -> None:
    """S09: no line is wider than the terminal."""
    plain = io.StringIO()
    Console(file=plain, width=width).print(panel)
    assert plain.getvalue()
    assert all(len(line) <= max(width, 1) for line in plain.getvalue().splitlines())


def test_a_terminal_without_blocks_has_letters(panel: Panel) -> None:
    """Where ASCII is all there is, nothing else is written, and no line over time that nobody could read."""
    text = shown(panel, 80, encoding="ascii")
    assert "##==" + "+" * 32 in text.replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert "0.81235" in text


def test_what_has_not_changed_needs_no_line() -> None:
    """One score, or the same again, is told as a number alone; a smaller one is a line that falls."""
    assert sparkline([], 1) == ""
    assert sparkline([(0, 0.5), (2, 0.5)], 3) == ""
    assert sparkline([(0, 9.0), (1, 1.0)], 2, width=2) == "█▁"


def test_a_baseline_does_not_hide_what_was_gained() -> None:
    """What came first lies beyond the ends, so that the steps between later scores are seen."""
    assert sparkline([(0, 9.0), (1, 1.2), (2, 1.1), (3, 1.0)], 4, width=4) == "██▅▁"
    assert sparkline([(0, -9.0), (1, 1.0), (2, 1.1), (3, 1.2)], 4, width=4) == "▁▁▅█"


def test_a_run_that_is_late_fills_its_bar(panel: Panel) -> None:
    """Past the budget the bar is that of the time spent, and nothing is left."""
    panel.seconds = 18.0
    assert "░" not in shown(panel, 80)
    assert dict(panel.rows())["left"] == "0:00 of 0:18"
