"""The figures of a report: each mark stands where its number says, and what cannot be drawn is left out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from automl.bench.figures import figures
from automl.bench.judge import judge
from automl.figures.marks import Figure

Records = list[dict[str, Any]]
Make = Callable[..., dict[str, Any]]


def drawn(records: Records) -> dict[str, Figure]:
    """The figures by the first word of their titles, the Pareto ones by their last."""
    found = figures(judge(records))
    return {figure.title.split()[-1 if "against" in figure.title else 0]: figure for figure in found}


def where(figure: Figure) -> dict[str, tuple[float, float]]:
    """The dots by the name in their tip."""
    return {dot.tip.partition(":")[0]: (dot.x, dot.y) for dot in figure.dots}


@pytest.fixture
def costs(make_record: Make) -> Records:
    """Three entrants on seven tasks: the better one is, the slower; the third is the worst and no faster."""
    said = {"rival:best": (0.9, 10.0), "rival:quick": (0.8, 0.1), "rival:neither": (0.7, 1.0)}
    return [
        make_record(f"task {number}", name, score, serving={"p50_ms": p50, "artifact_mb": None})
        for number in range(7)
        for name, (score, p50) in said.items()
    ]


def test_marks_lie_within_their_figure(records: Records) -> None:
    """No dot and no word is drawn beyond the edge."""
    for figure in figures(judge(records)):
        for mark in (*figure.dots, *figure.words):
            assert 0 <= mark.x <= figure.width, (figure.title, mark)
            assert 0 <= mark.y <= figure.height, (figure.title, mark)


def test_each_entrant_stands_once_with_its_mean_rank(records: Records) -> None:
    """Demsar's diagram names everybody, ours in our colour, best first; a bar joins those of one rank."""
    figure = drawn(records)["Critical"]
    named = [(word.text, word.kind) for word in figure.words if word.kind != "tick"]
    assert named == [
        ("balanced 1.00", "ours"),
        ("copy 2.50", "rival"),
        ("2.50 one", "rival"),
        ("4.00 broken", "ours"),
    ]
    assert [word.text for word in figure.words if word.text.isdigit()] == ["1", "2", "3", "4"]
    ticks = [word.x for word in figure.words if word.text.isdigit()]
    places = {one.x1 for one in figure.lines if one.kind == "thin" and one.x1 == one.x2}
    assert places == {ticks[0], (ticks[1] + ticks[2]) / 2, ticks[3]}


def test_a_difference_longer_than_the_axis_is_said(make_record: Make) -> None:
    """With two tasks nothing can be told apart: the bar ends with the axis and the words say that it is longer."""
    few = [make_record(f"t{i}", f"rival:{name}", score) for i in range(2) for name, score in (("a", 0.9), ("b", 0.8))]
    figure = drawn(few)["Critical"]
    assert any("more than the axis is long" in word.text for word in figure.words)
    assert max(line.x2 for line in figure.lines if line.kind == "bar") <= figure.width


def test_one_entrant_has_no_ranks_to_compare(make_record: Make) -> None:
    """Alone there is no critical difference and no front: its strength is all there is."""
    assert list(drawn([make_record("t", "rival:one", 0.9)])) == ["Strength"]


def test_strengths_are_dots_within_their_intervals(records: Records) -> None:
    """The strongest is on top and furthest right; each dot lies on its own line."""
    figure = drawn(records)["Strength"]
    dots = sorted(figure.dots, key=lambda dot: dot.y)
    assert [dot.tip.partition(":")[0] for dot in dots][::3] == ["balanced", "broken"]
    assert all(upper.x >= lower.x for upper, lower in pairwise(dots))
    whiskers = {line.y1: line for line in figure.lines if line.kind.startswith("whisker")}
    assert all(whiskers[dot.y].x1 <= dot.x <= whiskers[dot.y].x2 for dot in dots)


def test_the_axis_of_strengths_has_round_numbers(records: Records) -> None:
    """Few ticks, a multiple of the same round step each, in order."""
    figure = drawn(records)["Strength"]
    below = max(word.y for word in figure.words)
    ticks = [float(word.text) for word in figure.words if word.y == below]
    steps = {after - before for before, after in pairwise(ticks)}
    assert 2 <= len(ticks) <= 9
    assert len(steps) == 1
    assert all(tick % steps.copy().pop() == 0 for tick in ticks)


def test_better_is_up_and_cheaper_is_left(costs: Records) -> None:
    """On the plane of rank and latency; a decade of milliseconds is as wide everywhere."""
    at = where(drawn(costs)["row"])
    assert at["best"][1] < at["quick"][1] < at["neither"][1]
    assert at["neither"][0] - at["quick"][0] == pytest.approx(at["best"][0] - at["neither"][0])


def test_the_front_is_a_line_of_steps_past_what_nobody_beats(costs: Records) -> None:
    """The best and the quickest are on it; who is slower and worse than another is not."""
    figure = drawn(costs)["row"]
    at = where(figure)
    steps = [line for line in figure.lines if line.kind == "front"]
    assert {(line.x1, line.y1) for line in steps[:1]} == {at["quick"]}
    assert (steps[-1].x2, steps[-1].y2) == at["best"]
    assert len(steps) == 2


def test_what_has_no_figure_is_not_drawn(costs: Records, make_record: Make) -> None:
    """No artifact, no front of sizes; an entrant that was not measured, or measured as 0, has no dot."""
    assert set(drawn(costs)) == {"Critical", "Strength", "row"}
    more = [
        make_record(f"task {number}", f"rival:{name}", 0.5, serving={"p50_ms": p50})
        for number in range(7)
        for name, p50 in (("unmeasured", None), ("zero", 0.0))
    ]
    assert set(where(drawn(costs + more)["row"])) == {"best", "quick", "neither"}


def test_names_do_not_lie_over_each_other(make_record: Make) -> None:
    """Entrants of one rank and one latency have their names below each other."""
    equal = [make_record(f"t{i}", f"rival:r{j}", 0.9, serving={"p50_ms": 1.0}) for i in range(3) for j in range(6)]
    names = [word for word in drawn(equal)["row"].words if word.kind == "rival"]
    heights = sorted(word.y for word in names)
    assert len(names) == 6
    assert all(after - before >= 12 for before, after in pairwise(heights))
