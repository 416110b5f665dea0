"""A curve by time: through what is known, with a band where both ends are."""

from __future__ import annotations

import math

import pytest

from automl.figures.curve import Step, curve
from automl.figures.marks import Path

HEADER = ("from", "value", "low", "high")


def test_the_line_goes_through_what_is_known() -> None:
    """A value that is not there has no dot, and the band is where the ends are."""
    found = [Step(name=f"m{i}", value=v, low=v - 1, high=v + 1) for i, v in enumerate((1.0, math.nan, 3.0))]
    figure = curve("t", "n", found, header=HEADER)
    line, band = sorted((mark for mark in figure.marks if isinstance(mark, Path)), key=lambda path: path.filled)
    assert len(figure.dots) == len(line.points) == 2
    assert len(band.points) == 4
    assert figure.table.rows[1] == ("m1", "", "", "")


def test_shares_are_told_in_percent() -> None:
    """In the table and beside the axis."""
    figure = curve("t", "n", [Step(name="a", value=0.25), Step(name="b", value=0.5)], header=HEADER, percent=True)
    assert figure.table.rows[0][1] == "25%"
    assert any(word.text.endswith("%") for word in figure.words)


@pytest.mark.parametrize("values", [[], [1.0], [math.nan], [2.0, 2.0], [-1e300, 1e300]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    """None at all, one, no number, equal ones, the largest there are: all marks lie within."""
    figure = curve("t", "n", [Step(name="x", value=value) for value in values], header=HEADER)
    assert all(0 <= mark.x <= figure.width and 0 <= mark.y <= figure.height for mark in (*figure.dots, *figure.words))
