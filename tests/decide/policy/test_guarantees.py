"""Requirements: what is promised holds as often as promised, and what cannot be promised is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Labels, Prepared, Rows, Schema
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.review import CELL, ReviewCost
from automl.decide.policy.bounds import Bounds
from automl.decide.policy.capacity import Capacity
from automl.decide.policy.guarantees import (
    CalibratedRows,
    check_guarantees,
    count_floors,
    find_bounds,
    fit_guarantees,
)
from automl.decide.policy.label_policy import LabelPolicy
from automl.errors import LimitRefusal, SpecError
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.expr import Stub
from automl.spec.objective import Objective, Require
from automl.task import Task

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


def learned(n: int = 4_000) -> OutOfFold:
    """Train rows with a probability that needs no calibration, and no fold predicted the first hundred."""
    rows, frame = drawn(n, seed=0), pl.DataFrame({"x": np.zeros(n)})
    p = np.where(np.arange(n)[:, None] < 100, np.nan, rows.p)
    return OutOfFold.of(p, Rows(frame=frame, raw=frame, y=rows.y), Task(kind="binary", classes=2), seed=1)


def test_bounds_are_tested_on_rows_that_are_calibrated_without_their_fold():
    """Those of `find_bounds` on what was calibrated; without floors the policy stays as it is."""
    asked, oof = Require(precision=0.8), learned()
    fitted = fit_guarantees(replace(PLAIN, require=asked), oof)
    rows = CalibratedRows(p=oof.calibrated, y=oof.rows.y, expected=None, decidable=np.ones(3_900, dtype=np.bool_))
    assert fitted.bounds == find_bounds(asked, PLAIN, rows)
    assert fitted.bounds.least > 0
    assert fit_guarantees(PLAIN, oof) is PLAIN


def test_floors_that_take_more_rows_than_there_is_room_for_are_refused():
    """Almost all positives are to be found, and a fifth of the rows can be acted on."""
    capacity = Capacity(shares={1: 0.2}, texts={1: "20%"}, prices=np.array([0.0, 0.5]))
    policy = replace(PLAIN, require=Require(recall=0.95), capacity=capacity)
    with pytest.raises(LimitRefusal, match=r"the floors take 'yes' on \d+\.\d+% of the rows, and 20% can be"):
        fit_guarantees(policy, learned())


def test_floors_count_their_own_rows():
    """Of three that are acted on two are positive, of three positives that are decided two are found."""
    decisions, y = np.array([1, 1, 1, 0, 2, -1]), np.array([1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    asked = Require(precision=0.5, recall=0.6, automated=0.7)
    found = count_floors(asked, decisions, y, 2)
    assert [(count.floor, count.share, count.rows, count.good) for count in found] == [
        ("precision", 0.5, 3, 2),
        ("recall", 0.6, 3, 2),
        ("automated", 0.7, 5, 4),
    ]
    assert [count.floor for count in count_floors(Require(recall=0.6), decisions, y, 2)] == ["recall"]


def prepared(labels: Labels, **more) -> Prepared:
    frame = pl.DataFrame({"x": [1.0, 2.0]})
    rows = Rows(frame=frame, raw=frame, y=np.array([0.0, 1.0]), **more)
    return Prepared(schema=Schema(columns=()), labels=labels, train=rows, test=rows, findings=(), split="", digests={})


TWO = Labels(name="y", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
THREE = Labels(name="y", task=Task(kind="multiclass", classes=3), values=(1, 2, 3), texts=("1", "2", "3"))


@pytest.mark.parametrize(
    ("require", "data", "told"),
    [
        ({"precision": 0.5}, prepared(THREE), "objective.require: a requirement is for acting or not"),
        ({"automated": 0.5}, prepared(TWO), r"objective\.require\.automated: without a review every row is decided"),
        ({"precision": 0.5}, prepared(TWO, weight=np.ones(2)), "the promise counts rows one by one"),
        ({"precision": 0.5}, prepared(TWO, group=np.arange(2)), "the promise counts rows one by one"),
        ({"confidence": 0.9}, prepared(TWO), "there is no floor"),
    ],
)
def test_what_cannot_be_promised_for_is_told_before_a_search(require, data, told):
    """Each with its place; without floors nothing is asked."""
    objective = Objective.model_validate({"target": "y", "require": require})
    with pytest.raises(SpecError, match=told):
        check_guarantees(objective, COSTS, data)
    check_guarantees(Objective.model_validate({"target": "y"}), COSTS, data)
