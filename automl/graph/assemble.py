"""Puts plan, members, weights, calibration and policy together into the expressions of one graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from automl.data.rows import Labels
from automl.errors import AutomlError
from automl.features.plan import Plan
from automl.learners.base import Member
from automl.ops.expr import (
    Add,
    ArgMin,
    Column,
    Concat,
    Expr,
    Features,
    Multiply,
    Subtract,
    TakeText,
    constant,
    walk,
)
from automl.ops.rewrite import narrow, substitute, used_features
from automl.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What the graph computes, over the raw columns `inputs`.

    `outputs`: binary `probability` [N, 1] and `decision`; multiclass `probability` [N, classes] and `decision`;
    regression `prediction` [N, 1]; and what the policy adds, such as `expected_cost`.
    `stages`, parts of the outputs: `features` [N, len(features_used)] and each member's raw score, `raw_0`, `raw_1` ...
    `mixing` continues them: each member's prediction, `prediction_0` ..., and their weighted sum `mixed` before any
    calibration. `features_used` are the plan's features that the members look at.
    """

    outputs: dict[str, Expr]
    stages: dict[str, Expr]
    mixing: dict[str, Expr]
    inputs: tuple[Column, ...]
    features_used: tuple[int, ...]


def assemble(
    *,
    plan: Plan,
    members: Sequence[Member],
    weights: Sequence[float],
    calibration: Callable[[Expr], Expr] | None,
    policy: Callable[[Expr], Mapping[str, Expr]],
    task: Task,
    labels: Labels,
) -> Assembly:
    """The weighted sum of the members' predictions, calibrated, then decided by `policy`.

    `policy` takes the calibrated prediction and gives further outputs; for a classification without a `decision`
    among them, the decision is the most probable label. Features that no member uses are not computed.
    """
    _check(plan, members, weights, task)
    raws, predictions = [member.raw for member in members], [member.prediction for member in members]
    keep = used_features(*raws, *predictions) or (0,)  # a matrix has a column, even if nobody looks
    matrix = Concat(tuple(plan.features[column].expr for column in keep))
    bound = substitute(
        *narrow(*raws, *predictions, keep=keep), by=lambda expr: matrix if isinstance(expr, Features) else None
    )
    predicted = bound[len(members) :]
    mixed = _weighted(predicted, weights)
    outputs = answered(calibration(mixed) if calibration else mixed, policy, task, labels)
    stages = {"features": matrix, **{f"raw_{place}": raw for place, raw in enumerate(bound[: len(members)])}}
    return Assembly(
        outputs=outputs,
        stages=stages,
        mixing={**{f"prediction_{place}": each for place, each in enumerate(predicted)}, "mixed": mixed},
        inputs=_columns([*outputs.values(), matrix]),
        features_used=keep,
    )


def answered(
    prediction: Expr, policy: Callable[[Expr], Mapping[str, Expr]], task: Task, labels: Labels
) -> dict[str, Expr]:
    """The outputs of a graph: the calibrated `prediction`, and what the `policy` answers beside it (see `assemble`)."""
    decided = dict(policy(prediction))
    if task.kind == "regression":
        return {"prediction": prediction, **decided}
    if "decision" not in decided:
        decided = {"decision": _most_probable(prediction, labels), **decided}
    return {"probability": prediction, **decided}


def _check(plan: Plan, members: Sequence[Member], weights: Sequence[float], task: Task) -> None:
    if not plan.features:
        raise AutomlError("a plan without features has no rows to score")
    if not members or len(members) != len(weights):
        raise AutomlError(f"{len(members)} members cannot have {len(weights)} weights")
    for member in members:
        if member.prediction.width != task.width:
            raise AutomlError(
                f"the prediction of {member.learner} has {member.prediction.width} columns, the task {task.width}"
            )


def _weighted(predictions: Sequence[Expr], weights: Sequence[float]) -> Expr:
    if len(predictions) == 1 and weights[0] == 1.0:
        return predictions[0]
    terms = [Multiply(each, constant(weight)) for each, weight in zip(predictions, weights, strict=True)]
    total: Expr = terms[0]
    for term in terms[1:]:
        total = Add(total, term)
    return total


def _most_probable(probability: Expr, labels: Labels) -> Expr:
    each = Concat((Subtract(constant(1.0), probability), probability)) if probability.width == 1 else probability
    return TakeText(ArgMin(Multiply(each, constant(-1.0))), labels.texts)


def _columns(exprs: Iterable[Expr]) -> tuple[Column, ...]:
    """One leaf for each column name, in the order of use."""
    found: dict[str, Column] = {}
    for expr in walk(*exprs):
        if isinstance(expr, Column) and found.setdefault(expr.name, expr).of != expr.of:
            raise AutomlError(f"column '{expr.name}' is used as text and as number")
    return tuple(found.values())
