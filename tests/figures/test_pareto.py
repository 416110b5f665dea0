"""Rank against cost: the front holds those that nobody beats in both."""

from __future__ import annotations

from automl.figures.pareto import Candidate, pareto


def test_the_front_leaves_out_who_is_beaten() -> None:
    """Of three, one is slower and worse; the line of steps joins the other two."""
    said = {"best": (1.0, 10.0), "quick": (2.0, 0.1), "neither": (3.0, 1.0)}
    found = [Candidate(name=name, rank=rank, cost=cost) for name, (rank, cost) in said.items()]
    figure = pareto("t", "n", found, unit="ms", worst=3.0)
    at = {dot.tip.partition(":")[0]: (dot.x, dot.y) for dot in figure.dots}
    steps = [line for line in figure.lines if line.kind == "front"]
    assert [(steps[0].x1, steps[0].y1), (steps[-1].x2, steps[-1].y2)] == [at["quick"], at["best"]]
    assert figure.table.rows[1] == ("quick", "2.00", "0.1")
