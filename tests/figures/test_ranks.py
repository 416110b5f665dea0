"""Demsar's diagram: names on both sides, bars over what is not told apart."""

from __future__ import annotations

from automl.figures.ranks import Ranked, critical_difference


def test_a_bar_covers_its_clique() -> None:
    """From the first to the last of those that are not told apart; everybody is named once, best first."""
    found = [Ranked(name=name, rank=rank) for name, rank in (("a", 1.2), ("b", 1.9), ("c", 2.9))]
    figure = critical_difference("t", "n", found, [(0, 1)], 0.8)
    places = [line.x1 for line in figure.lines if line.kind == "thin" and line.x1 == line.x2]
    bar = next(line for line in figure.lines if line.kind == "bar")
    assert bar.x1 < places[0] < places[1] < bar.x2 < places[2]
    assert [word.text for word in figure.words if word.kind == ""] == ["a 1.20", "b 1.90", "2.90 c"]
    assert figure.table.rows == (("a", "1.20"), ("b", "1.90"), ("c", "2.90"))
