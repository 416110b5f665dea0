"""The rule in use now: one more policy without a model, which ours has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Labels, Prepared
from automl.decide.costs.formula import compile_condition
from automl.errors import SpecError
from automl.ops.bulk import evaluate
from automl.ops.expr import AsNumber, Expr
from automl.ops.rewrite import used_columns
from automl.spec.expressions import parse_expression
from automl.spec.objective import Objective

NAME: Final = "today's rule"
"""How the rule is called among the policies of a verdict."""
WHERE: Final = "objective.today"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRule:
    """When the rule acts: `text` as the spec says it, `expr` the same as a flag [N, 1] over read columns."""

    text: str
    expr: Expr

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule names."""
        return used_columns(self.expr)

    def decisions(self, frame: pl.DataFrame) -> NDArray[np.int64]:
        """The action codes [n] of rows: 1 where the rule acts, else 0."""
        acts = np.asarray(evaluate({"act": AsNumber(self.expr)}, frame)["act"], dtype=np.float64)
        return np.broadcast_to(acts[:, 0], frame.height).astype(np.int64)


def make_current_rule(objective: Objective, labels: Labels, data: Prepared | None = None) -> CurrentRule | None:
    """The rule of a spec, or None; `data` has the columns that it may name.

    Raises `SpecError` for a rule that is wrong, without costs to count it by, and where acting is not one of two
    answers.
    """
    if objective.today is None:
        return None
    if labels.task.kind != "binary" or (objective.costs is not None and objective.costs.matrix is not None):
        raise SpecError(
            "today's rule says when to act, and here acting is not one of two answers",
            where=WHERE,
            hint="it takes a target of two labels, and costs without a matrix",
        )
    if objective.costs is None:
        raise SpecError("today's rule is compared in money", where=WHERE, hint="add [objective.costs]")
    expression = parse_expression(objective.today.act, where=f"{WHERE}.act")
    columns = {column.name: column for column in data.schema.columns} if data else {}
    return CurrentRule(text=objective.today.act, expr=compile_condition(expression, columns))
