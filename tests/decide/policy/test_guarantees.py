"""Requirements: what is promised holds as often as promised, and what cannot be promised is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.review import CELL, ReviewCost
from automl.decide.policy.bounds import Bounds
from automl.decide.policy.guarantees import CalibratedRows, count_floors, find_bounds
from automl.decide.policy.label_policy import LabelPolicy
from automl.errors import LimitRefusal
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.expr import Stub
from automl.spec.objective import Require

MATRIX = np.array([[0.0, 1.0], [2.0, 0.0]])
COSTS = CostMatrix(actions=("no", "yes"), matrix=MATRIX, cells=BINARY_CELLS, currency="", given=True)
REVIEW = ReviewCost(cost=0.3, error=0.05)
REVIEWED_COSTS = CostMatrix(
    actions=("no", "yes", "review"),
    matrix=REVIEW.added(MATRIX),
    cells=tuple((*cells, CELL) for cells in BINARY_CELLS),
    currency="",
    given=True,
    review=REVIEW,
)
PLAIN, REVIEWED = LabelPolicy(costs=COSTS), LabelPolicy(costs=REVIEWED_COSTS)


def drawn(n: int, *, seed: int) -> CalibratedRows:
    """Rows with a calibrated probability."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(-0.5, 2.0, (n, 1))))
    y = (rng.random(n) < p[:, 0]).astype(np.float64)
    return CalibratedRows(p=p, y=y, expected=None, decidable=np.ones(n, dtype=np.bool_))


def kept(policy: LabelPolicy, bounds: Bounds | None, floor: str, rows: CalibratedRows) -> float:
    asked = Require.model_validate({floor: 0.5})
    (count,) = count_floors(asked, rows.decided(replace(policy, bounds=bounds)), rows.y, policy.costs.answers)
    return count.good / count.rows


@pytest.mark.parametrize(
    ("floor", "share", "policy"), [("precision", 0.8, PLAIN), ("recall", 0.9, PLAIN), ("automated", 0.9, REVIEWED)]
)
def test_the_promise_holds_as_often_as_promised(floor, share, policy):
    """500 repeats with 1,000 rows each, against the probabilities of 20,000 others; a refusal promises nothing."""
    others, asked = drawn(20_000, seed=10_000), Require.model_validate({floor: share, "confidence": 0.9})
    held = []
    for seed in range(500):
        try:
            bounds = find_bounds(asked, policy, drawn(1_000, seed=seed))
        except LimitRefusal:
            continue
        held.append(really(replace(policy, bounds=bounds), floor, others) >= share)
    assert len(held) > 400
    assert np.mean(held) >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / len(held))


def really(policy: LabelPolicy, floor: str, rows: CalibratedRows) -> float:
    """What the floor comes to in expectation, from the probabilities."""
    decisions, p = rows.decided(policy), rows.p[:, 0]
    act = decisions == 1
    found = {"precision": p[act].mean(), "recall": p[act].sum() / p.sum(), "automated": (decisions < 2).mean()}
    return float(found[floor])


def test_a_policy_that_keeps_its_floors_stays_as_it_is():
    """No bounds where none are needed."""
    assert find_bounds(Require(precision=0.3), PLAIN, drawn(5_000, seed=0)) is None


def test_the_nearest_bounds_are_taken():
    """A promise costs no more than it must: precision on fresh rows lies near the floor, not far above."""
    bounds = find_bounds(Require(precision=0.8), PLAIN, drawn(20_000, seed=0))
    assert bounds.always is None
    assert 0.8 <= kept(PLAIN, bounds, "precision", drawn(200_000, seed=1)) <= 0.83


def test_floors_are_kept_together():
    """Precision and recall at once, where both can be had."""
    bounds = find_bounds(Require(precision=0.7, recall=0.7), PLAIN, drawn(20_000, seed=0))
    fresh = drawn(200_000, seed=1)
    assert kept(PLAIN, bounds, "precision", fresh) >= 0.7
    assert kept(PLAIN, bounds, "recall", fresh) >= 0.7


def test_what_cannot_be_promised_is_refused_with_what_can():
    """Exit 4; the value that is told can be promised."""
    rows = drawn(1_000, seed=3)
    with pytest.raises(LimitRefusal, match=r"precision of 0.999 cannot be promised") as error:
        find_bounds(Require(precision=0.999), PLAIN, rows)
    told = float(str(error.value.hint).rsplit(" ", 1)[1].rstrip("."))
    assert 0.5 < told < 0.999
    find_bounds(Require(precision=told), PLAIN, rows)


@pytest.mark.parametrize("policy", [PLAIN, REVIEWED])
@pytest.mark.parametrize("bounds", [Bounds(least=0.7), Bounds(always=0.2), Bounds()])
def test_the_graph_decides_as_numpy_does(policy, bounds):
    """On both sides of each bound and on it, by brute force too."""
    bound, costs = replace(policy, bounds=bounds), policy.costs
    p = np.r_[np.linspace(0, 1, 101), 0.7, 0.2][:, None]
    outputs = bound.graph_outputs(Stub("p"))
    found = open_session(to_onnx(outputs, inputs=[Stub("p")])).run({"p": p})
    codes = bound.choose(p)
    assert found["decision"][:, 0].tolist() == [costs.actions[code] for code in codes]
    each = np.column_stack((1 - p, p)) @ costs.matrix
    assert found["expected_cost"][:, 0] == pytest.approx(each[np.arange(p.size), codes])
    if bounds.least:
        assert not (codes[p[:, 0] < 0.7] == 1).any()
    if bounds.always:
        assert (codes[p[:, 0] >= 0.2] == 1).all()
