"""Numbers and flags go to the learners as they are: trees need no scaling, linear learners do their own."""

from __future__ import annotations

from automl.data.rows import Column
from automl.features.base import Fitted, Sample, Step
from automl.features.plan import Feature
from automl.ops import expr as ops


def _applies(column: Column) -> bool:
    return column.wire in ("number", "flag")


def _fit(column: Column, _sample: Sample) -> tuple[Fitted, ...]:
    feature = Feature(name=column.name, kind="number", source=(column.name,), expr=ops.Column(column.name))
    return (Fitted(feature=feature),)


number = Step(name="number", applies=_applies, fit=_fit)
