"""From records to a judgement: everyone is counted, and what is not sure is not said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automl.bench.judge import judge

Record = dict[str, Any]


def test_the_better_one_comes_first(records: list[Record]) -> None:
    """Mean ranks by hand: 1, two that share 2 and 3, 4; the better is shown to win."""
    found = judge(records)
    assert [(s.name, s.rank) for s in found.standings] == [
        ("balanced", 1.0),
        ("copy", 2.5),
        ("one", 2.5),
        ("broken", 4.0),
    ]
    first = next(pair for pair in found.pairs if (pair.one, pair.other) == (0, 1))
    assert (first.wins, first.ties, first.losses, first.verdict) == (7, 0, 0, "win")


def test_a_copy_of_a_rival_gets_a_tie(records: list[Record]) -> None:
    """Seven ties of seven, the same rank, the same strength."""
    found = judge(records)
    pair = next(pair for pair in found.pairs if (pair.one, pair.other) == (1, 2))
    assert (pair.ties, pair.verdict) == (7, "tie")
    assert found.standings[1].strength == found.standings[2].strength


def test_a_recipe_that_always_fails_comes_last_and_is_counted(records: list[Record]) -> None:
    """It has the constant predictor's scores on each task, and each failure with its reason."""
    found = judge(records)
    last = found.standings[-1]
    assert (last.name, last.failed, last.cells, last.normalised) == ("broken", 7, 7, 0.0)
    assert len(found.failures) == 7
    assert found.failures[0].reason == "exit code 1: it broke"
    assert all(line.scores[-1] == 0.5 and line.failed[-1] == 1 for line in found.lines)


def test_over_runs_are_counted(records: list[Record]) -> None:
    """70 s of 60 s is more than 1.05 times the budget and 3 s; a cell that was never timed is none."""
    over = {standing.name: standing.figures.over_runs for standing in judge(records).standings}
    assert over == {"balanced": 0, "copy": 7, "one": 0, "broken": 0}


def test_the_front_of_rank_and_latency(records: list[Record]) -> None:
    """The best and fastest is alone on the front of latency; on that of size the smaller ones are, too."""
    found = {standing.name: (standing.fast, standing.slim) for standing in judge(records).standings}
    assert found == {"balanced": (True, True), "copy": (False, True), "one": (False, True), "broken": (False, False)}


def test_a_loss_is_better_where_it_is_smaller(make_record: Callable[..., Record]) -> None:
    """log_loss 0.1 is before 0.2, and is told as 0.1."""
    more = {"metric": "log_loss", "constant": {"log_loss": 0.7}}
    records = [
        make_record("t", "rival:a", 0.0, **more, scores={"log_loss": 0.2}),
        make_record("t", "rival:b", 0.0, **more, scores={"log_loss": 0.1}),
    ]
    found = judge(records)
    assert [s.name for s in found.standings] == ["b", "a"]
    assert (found.lines[0].scores, found.lines[0].best) == ((0.1, 0.2), (True, False))
    assert found.standings[1].normalised == pytest.approx(0.5 / 0.6)


def test_a_skipped_rival_is_named_and_not_ranked(records: list[Record], make_record: Callable[..., Record]) -> None:
    """A skip is no failure: it has no rank, takes none from the others, and its reason is told."""
    skip = make_record("task 0", "rival:h2o", 0.9, skipped="H2O needs Java")
    found = judge([*records, skip])
    assert len(found.standings) == 4
    assert found.unranked == ("h2o",)
    assert [(trouble.entrant, trouble.reason) for trouble in found.skips] == [("h2o", "H2O needs Java")]


def test_a_later_record_of_a_cell_counts(records: list[Record], make_record: Callable[..., Record]) -> None:
    """What was skipped and then run is judged."""
    skip = make_record("task 0", "rival:one", 0.0, skipped="no network")
    assert judge([skip, *records]).unranked == ()


def test_a_task_that_is_half_run_does_not_count(records: list[Record], make_record: Callable[..., Record]) -> None:
    """A run that was stopped is judged on its whole tasks, and the others are named."""
    found = judge([*records, make_record("task 7", "recipe:balanced", 0.1)])
    assert (len(found.lines), found.unfinished) == (7, ("task 7",))
    with pytest.raises(ValueError, match="no task has been run by every entrant yet"):
        judge([make_record("a", "rival:one", 0.9), make_record("b", "rival:two", 0.9)])


def test_budgets_make_entrants(make_record: Callable[..., Record]) -> None:
    """With several budgets an entrant is a name and a budget; a recipe and a rival of one name are told apart."""
    records = [make_record("t", "rival:a", 0.8, budget=60), make_record("t", "rival:a", 0.9, budget=300)]
    assert [s.name for s in judge(records).standings] == ["a 300 s", "a 60 s"]
    records = [make_record("t", "rival:a", 0.8), make_record("t", "recipe:a", 0.9)]
    assert [s.name for s in judge(records).standings] == ["a (recipe)", "a (rival)"]


def test_money_is_the_mean_over_seeds(make_record: Callable[..., Record]) -> None:
    """Where a task has costs each entrant has a cost of a row, and what none would cost stands beside it."""
    records = [
        make_record("t", f"rival:{name}", 0.8, seed=seed, money={"per_row": cost + seed, "without_model": 9.0})
        for name, cost in (("a", 1.0), ("b", 3.0))
        for seed in (0, 1)
    ]
    line = judge(records).lines[0]
    assert (line.money, line.without_model) == ((1.5, 3.5), 9.0)
