"""Dots with intervals: in their order, within the figure, with what they say in the table."""

from __future__ import annotations

import math

import pytest

from automl.figures.intervals import Estimate, intervals

HEADER = ("name", "value", "95 % interval")


def test_a_dot_lies_in_its_interval() -> None:
    """The whisker goes from the low to the high end, and the larger value is further right."""
    figure = intervals(
        "t", "n", [Estimate(name="a", value=1, low=0, high=3), Estimate(name="b", value=2)], header=HEADER
    )
    whisker = next(line for line in figure.lines if line.kind == "whisker")
    assert whisker.x1 < figure.dots[0].x < figure.dots[1].x < whisker.x2
    assert figure.table.rows == (("a", "1", "0 to 3"), ("b", "2", ""))


@pytest.mark.parametrize("values", [[], [math.nan], [0.0], [5.0, 5.0], [-1e300, 1e300]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    """None at all, no number, one value, the largest there are: every mark lies within the figure."""
    figure = intervals("t", "n", [Estimate(name="x" * 90, value=v) for v in values], header=HEADER, at=0.0, width=360)
    places = [(mark.x, mark.y) for mark in (*figure.dots, *figure.words)]
    assert all(0 <= x <= figure.width and 0 <= y <= figure.height for x, y in places)
    assert max((len(word.text) for word in figure.words), default=0) < 40


def test_the_axis_says_how_far_is_how_much() -> None:
    """Two ticks at least, however little room there is."""
    found = [Estimate(name="x" * 30, value=value, text="0.682 of all") for value in (0.497, 0.682)]
    figure = intervals("t", "n", found, header=("name", "value", ""), width=360, at=0.5)
    assert len([line for line in figure.lines if line.kind == "grid"]) > 1
    assert figure.table.header == ("name", "value")
