"""Marks are values: a figure tells its own by kind, and names that are too long are cut."""

from __future__ import annotations

import pytest

from automl.figures.marks import Dot, Figure, Line, Word, shortened, table


def test_marks_by_kind_keep_their_order() -> None:
    """What is drawn first lies below."""
    marks = (Dot(x=0, y=0), Word(x=0, y=0, text="a"), Line(x1=0, y1=0, x2=1, y2=1), Dot(x=1, y=1))
    figure = Figure(title="t", note="n", width=1, height=1, marks=marks, table=table([], []))
    assert (figure.dots, figure.words, figure.lines) == ((marks[0], marks[3]), (marks[1],), (marks[2],))


@pytest.mark.parametrize(("most", "told"), [(4, "abcd"), (3, "ab…"), (1, "…")])
def test_a_name_has_room(most: int, told: str) -> None:
    """A name longer than its room ends in an ellipsis, within it."""
    assert shortened("abcd", most) == told
