"""How many rounds more rows bear."""

from __future__ import annotations

from typing import Any

import pytest

from automl.learners._stopping import MOST_ROUNDS
from automl.search.cost.fidelity import FASTEST
from automl.search.cost.more_rounds import MORE_ROUNDS, in_fewer, most_rounds, rounds_borne, rounds_run


def test_rounds_grow_slower_than_rows() -> None:
    """Four times the rows bear twice the rounds; fewer rows are no reason for fewer."""
    assert rounds_borne(300, 4.0) == 600.0
    assert rounds_borne(300, 0.5) == 300.0


def test_rounds_are_bounded_by_what_is_slow_to_serve() -> None:
    """Four times those of the sample, up to the cap of any fit; no more than before where serving is limited."""
    assert most_rounds(100, tight=False) == MORE_ROUNDS * 100
    assert most_rounds(1_500, tight=False) == MOST_ROUNDS
    assert most_rounds(MOST_ROUNDS + 500, tight=False) == MOST_ROUNDS + 500
    assert most_rounds(100, tight=True) == 100


def test_a_fit_has_run_more_rounds_than_it_kept() -> None:
    """It waited for a gain after the best round, unless the cap came first."""
    assert rounds_run(1_000, 1_000_000, {"learning_rate": 0.05}) == 1_320
    assert rounds_run(1_900, 1_000_000, {"learning_rate": 0.05}) == MOST_ROUNDS


def test_what_rounds_lack_larger_trees_and_faster_learning_make_up_for() -> None:
    """Twice the leaves for the first half of it, a higher rate for the rest, up to its ceiling."""
    lightgbm = {"learning_rate": 0.06, "num_leaves": 51}
    roomy: Any = {"times": 9.0, "columns": 20, "tight": False}
    assert in_fewer(lightgbm, 3.0, **roomy) == {"learning_rate": pytest.approx(0.09), "num_leaves": 102}
    assert in_fewer(lightgbm, 99.0, **roomy) == {"learning_rate": FASTEST, "num_leaves": 102}
    assert in_fewer({"learning_rate": 0.1, "max_depth": 6}, 2.0, **roomy) == {"learning_rate": 0.1, "max_depth": 7}
    assert in_fewer(lightgbm, 1.0, **roomy) == lightgbm


@pytest.mark.parametrize("bound", [{"times": 2.0}, {"tight": True}, {"columns": 1_000}, {"lack": 1.9}])
def test_trees_stay_as_they_are_where_they_must(bound: dict[str, float]) -> None:
    """With few more rows, where serving is limited, with too many columns for memory, and with nearly enough rounds."""
    given: Any = {"lack": 2.0, "times": 9.0, "columns": 20, "tight": False, **bound}
    params = in_fewer({"learning_rate": 0.05, "num_leaves": 51}, **given)
    assert params == {"learning_rate": pytest.approx(0.05 * given["lack"]), "num_leaves": 51}
