"""Plan, members, weights, calibration and policy as one set of expressions."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Labels
from automl.errors import AutomlError
from automl.features.plan import Feature, Plan
from automl.graph.assemble import Assembly, assemble
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.learners.base import Member
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task


def matrix(plan: Plan, frame: pl.DataFrame) -> np.ndarray:
    """The feature matrix of `plan`, as learners see it."""
    values = evaluate({feature.name: feature.expr for feature in plan.features}, frame)
    return np.concatenate([values[feature.name] for feature in plan.features], axis=1)


def test_the_whole_is_the_sum_of_its_parts(
    assembly: Assembly, plan: Plan, forest: Member, linear: Member, frame: pl.DataFrame
) -> None:
    """The probability is the weighted sum of the members' predictions on the plan's matrix, then calibrated."""
    parts = evaluate({"f": forest.prediction, "l": linear.prediction}, {}, features=matrix(plan, frame))
    knots = np.linspace(0, 1, 9)
    expected = np.interp(0.75 * parts["f"] + 0.25 * parts["l"], knots, knots**2)
    values = evaluate(assembly.outputs, frame)
    np.testing.assert_allclose(values["probability"], expected, rtol=0, atol=1e-12)
    assert values["decision"].to_list() == ["yes" if p > 0.5 else "no" for p in expected[:, 0]]


def test_only_what_members_use_is_computed(assembly: Assembly) -> None:
    """A feature that no member looks at is left out, and so is a column that only it needs."""
    assert assembly.features_used == (0, 1, 2)
    assert assembly.stages["features"].width == 3
    assert sorted(column.name for column in assembly.inputs) == ["age", "job"]


def test_stages_are_parts_of_the_outputs(assembly: Assembly) -> None:
    """The stages are the very expressions below the outputs, so that parity looks at what ships."""
    below = {id(expr) for expr in ops.walk(*assembly.outputs.values())}
    assert list(assembly.stages) == ["features", "raw_0", "raw_1"]
    assert {id(expr) for expr in assembly.stages.values()} <= below


def test_the_policy_adds_its_outputs(plan: Plan, linear: Member, labels: Labels) -> None:
    """The policy sees the calibrated prediction, and its decision stands."""
    never = ops.TakeText(ops.ArgMin(ops.constant(0, 1)), labels.texts)
    result = assemble(
        plan=plan,
        members=(linear,),
        weights=(1.0,),
        calibration=None,
        policy=lambda p: {"decision": never, "expected_cost": ops.Multiply(p, ops.constant(5))},
        task=labels.task,
        labels=labels,
    )
    assert list(result.outputs) == ["probability", "decision", "expected_cost"]
    assert result.outputs["decision"] is never


def test_classes_have_a_probability_each_and_the_first_of_equals_wins(plan: Plan, frame: pl.DataFrame) -> None:
    """Multiclass: probability [N, classes] and the most probable label."""
    labels = Labels(name="y", task=Task(kind="multiclass", classes=3), values=("a", "b", "c"), texts=("a", "b", "c"))
    raw = ops.Concat((ops.Pick(ops.Features(4), (2,)), ops.Pick(ops.Features(4), (2,)), ops.constant(0.25)))
    result = _alone(plan, Member(learner="linear", params={}, raw=raw, prediction=ops.Softmax(raw)), labels)
    values = evaluate(result.outputs, frame)
    assert values["probability"].shape == (400, 3)
    expected = ["a" if rate > 0.25 else "c" for rate in matrix(plan, frame)[:, 2]]
    assert values["decision"].to_list() == expected


def test_regression_predicts_a_number(plan: Plan) -> None:
    """Regression: `prediction`, and no decision."""
    labels = Labels(name="y", task=Task(kind="regression"))
    raw = ops.Pick(ops.Features(4), (0,))
    result = _alone(plan, Member(learner="linear", params={}, raw=raw, prediction=raw), labels)
    assert list(result.outputs) == ["prediction"]


def test_a_model_without_features_still_has_rows(plan: Plan, labels: Labels, frame: pl.DataFrame) -> None:
    """The constant baseline uses no feature; one column stays, to tell the number of rows."""
    raw = ops.constant(0.5)
    result = _alone(plan, Member(learner="constant", params={}, raw=raw, prediction=ops.Sigmoid(raw)), labels)
    session = open_session(to_onnx(result.outputs, inputs=result.inputs))
    assert session.inputs == ("age",)
    assert session.run({"age": frame["age"].to_numpy()})["decision"].tolist() == [["yes"]] * 400


def test_what_does_not_fit_together_is_refused(plan: Plan, linear: Member, labels: Labels) -> None:
    """A weight too many, a prediction of the wrong width, a column of two types, no feature: bugs, told as such."""
    with pytest.raises(AutomlError, match="without features"):
        _alone(Plan(features=()), linear, labels)
    with pytest.raises(AutomlError, match="2 weights"):
        assemble(
            plan=plan, members=(linear,), weights=(0.5, 0.5), calibration=None, policy=lambda _: {},
            task=labels.task, labels=labels,
        )  # fmt: skip
    wide = Member(learner="wide", params={}, raw=linear.raw, prediction=ops.Concat((linear.raw, linear.raw)))
    with pytest.raises(AutomlError, match="wide has 2 columns"):
        _alone(plan, wide, labels)
    torn = Plan(
        features=(
            Feature(name="a", kind="number", source=("a",), expr=ops.Column("a")),
            Feature(name="b", kind="number", source=("a",), expr=ops.AsNumber(ops.IsMissing(ops.Column("a", "text")))),
        )
    )
    both = ops.RowSum(ops.Pick(ops.Features(2), (0, 1)))
    with pytest.raises(AutomlError, match="as text and as number"):
        _alone(torn, Member(learner="linear", params={}, raw=both, prediction=both), labels)


def _alone(plan: Plan, member: Member, labels: Labels) -> Assembly:
    return assemble(
        plan=plan,
        members=(member,),
        weights=(1.0,),
        calibration=None,
        policy=lambda _: {},
        task=labels.task,
        labels=labels,
    )
