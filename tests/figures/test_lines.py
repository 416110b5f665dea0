"""Lines over two axes of numbers."""

from __future__ import annotations

import math

import pytest

from automl.figures.lines import MOST_ROWS, Axes, Point, lines
from automl.figures.marks import Dot, Path

AXES = Axes(x="share", y="cost")


def drawn(kind, figure):
    return [mark for mark in figure.marks if isinstance(mark, kind)]


def test_a_point_stands_where_its_numbers_say():
    """Left to right and bottom to top, within the figure; a band where both ends are known."""
    points = [Point(x=0, y=1, low=0, high=2), Point(x=1, y=3, low=2, high=5), Point(x=2, y=2)]
    figure = lines("t", "n", points, AXES)
    band, line = drawn(Path, figure)
    assert (band.filled, len(band.points)) == (True, 4)
    (x1, y1), (x2, y2), _ = line.points
    assert x1 < x2
    assert y1 > y2
    assert all(0 <= x <= figure.width and 0 <= y <= figure.height for x, y in (*line.points, *band.points))
    assert figure.table.rows[0] == ("0", "1", "0 to 2")


def test_what_is_compared_and_marked_is_drawn():
    """A second line, and a named place."""
    figure = lines(
        "t", "n", [Point(x=0, y=0), Point(x=1, y=1)], AXES, compare=[(0, 1), (1, 0)], marked=[(1, 1, "this")]
    )
    assert [path.kind for path in drawn(Path, figure)] == ["soft", ""]
    assert [dot.tip for dot in drawn(Dot, figure) if dot.kind == "ours"] == ["this"]


@pytest.mark.parametrize("count", [0, 1, 5_000])
def test_any_number_of_points_is_drawn(count):
    """None, one, or thousands, of which the table tells some and the last."""
    figure = lines("t", "n", [Point(x=float(k), y=2.0) for k in range(count)], AXES)
    assert len(figure.table.rows) <= MOST_ROWS + 2
    assert all(math.isfinite(value) for path in drawn(Path, figure) for point in path.points for value in point)
