"""Bars: as long as their values, within the figure."""

from __future__ import annotations

from automl.figures.bars import Bar, bars
from automl.figures.marks import Box


def test_a_bar_is_as_long_as_its_value() -> None:
    """Twice the value is twice the length, 0 is still seen, and no text runs over the edge."""
    found = [Bar(name=name, value=value, text=str(value)) for name, value in (("a", 40), ("b" * 90, 20), ("c", 0))]
    figure = bars("t", "n", found, header=("level", "rows"))
    one, half, none = (mark for mark in figure.marks if isinstance(mark, Box))
    assert one.width == 2 * half.width > none.width == 1.0
    assert one.x + one.width + 7.4 * 2 < figure.width
    assert figure.table.rows == (("a", "40"), ("b" * 90, "20"), ("c", "0"))


def test_no_bars_are_a_figure() -> None:
    """An empty one."""
    assert bars("t", "n", [], header=("level", "rows")).marks == ()
