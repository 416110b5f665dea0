"""The trials, and what was chosen from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.features.plan import Plan
from automl.learners.base import Member
from automl.ops.expr import constant
from automl.search.leaderboard import Leaderboard, Outcome, Trial, mixed


def trial(number: int, loss: float, *, whole: bool = True) -> Trial:
    return Trial(id=number, learner="x", params={}, status="ok", loss=loss, oof=f"oof/{number}" if whole else None)


def test_the_best_was_predicted_on_every_fold() -> None:
    """One fold may be an easy one: a smaller loss on it alone is not the best."""
    board = Leaderboard(trials=(trial(0, 0.5), trial(1, 0.1, whole=False), trial(2, 0.4)), weights=())
    assert board.best.id == 2
    assert replace(board, trials=board.trials[1:2]).best.id == 1


def outcome() -> Outcome:
    members = tuple(
        Member(learner=name, params={}, raw=constant(value), prediction=constant(value))
        for name, value in (("a", 1.0), ("b", 2.0), ("c", 3.0))
    )
    return Outcome(
        board=Leaderboard(trials=(), weights=((7, 0.5), (8, 0.3), (9, 0.2))),
        plan=Plan(features=()),
        members=members,
        weights=(0.5, 0.3, 0.2),
        oofs=tuple(np.full((4, 1), value) for value in (1.0, 2.0, 3.0)),
        parity_rows=np.arange(2),
        native=tuple(np.full((2, 1), value) for value in (1.0, 2.0, 3.0)),
    )


def test_an_outcome_predicts_by_its_weights() -> None:
    """Out of fold it says the weighted mean of its members."""
    np.testing.assert_allclose(outcome().oof, 0.5 * 1 + 0.3 * 2 + 0.2 * 3)
    np.testing.assert_allclose(mixed((1.0, -1.0), (np.ones((2, 1)), np.ones((2, 1)))), 0.0)


def test_some_of_the_members_keep_their_ratio() -> None:
    """Weights sum to 1 again, on the board as well, and what belongs to the members goes with them."""
    part = outcome().only([0, 2])
    assert part.weights == pytest.approx((5 / 7, 2 / 7))
    assert part.board.weights == tuple(zip((7, 9), part.weights, strict=True))
    assert [member.learner for member in part.members] == ["a", "c"]
    assert [float(oof[0, 0]) for oof in (*part.oofs, *part.native)] == [1.0, 3.0, 1.0, 3.0]
