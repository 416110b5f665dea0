"""A histogram: a bar between each two edges, as high as its rows."""

from __future__ import annotations

from itertools import pairwise

from automl.figures.histogram import histogram
from automl.figures.marks import Box

EDGES = [f"2024-01-{day:02d}" for day in range(1, 26)]


def test_bars_stand_on_the_axis_side_by_side() -> None:
    """None over another; the highest has all the height; an empty range has no bar."""
    figure = histogram("t", "n", EDGES, [0, *range(1, 24)])
    boxes = [mark for mark in figure.marks if isinstance(mark, Box)]
    assert all(before.x + before.width <= after.x for before, after in pairwise(boxes))
    assert len({round(box.y + box.height, 6) for box in boxes}) == 1
    assert (boxes[0].height, boxes[-1].height) == (0.0, 120.0)


def test_edges_do_not_lie_over_each_other() -> None:
    """As many are named as there is room for, the first and the last among them."""
    named = [word for word in histogram("t", "n", EDGES, [1] * 24).words if word.text.startswith("2024")]
    assert (named[0].text, named[-1].text) == (EDGES[0], EDGES[-1])
    assert all(after.x - before.x > 80 for before, after in pairwise(named))


def test_what_lies_beyond_stands_in_the_table() -> None:
    """Rows below the first edge and above the last."""
    figure = histogram("t", "n", ["0", "1"], [1200], beyond=(0, 3))
    assert figure.table.rows == (("0 to 1", "1,200"), ("above 1", "3"))
