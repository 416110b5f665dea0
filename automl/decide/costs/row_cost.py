"""An amount that differs from row to row, and how the amounts of a spec are read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from automl.data.rows import Prepared
from automl.decide.costs.formula import compile_formula
from automl.errors import DataError, SpecError
from automl.ops.bulk import evaluate
from automl.ops.expr import Absolute, Expr, LessEqual, Where, constant
from automl.spec.expressions import parse_expression

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCost:
    """An amount that differs from row to row: `text` as the spec says it, `expr` [N, 1] over read columns.

    A row whose `expr` is NaN or infinite lacks this cost; `mean`, that of the train rows, stands in. `later`: it names
    an outcome, so that it is known only afterwards; `mean` is that of the train rows of its truth then, and rows are
    decided by `model`, an expression over what is known, or by the mean.
    """

    text: str
    expr: Expr
    mean: float
    later: bool = False
    model: Expr | None = None

    @property
    def known(self) -> Expr:
        """Whether the row has this cost (a flag)."""
        return LessEqual(Absolute(self.expr), constant(LARGEST))

    @property
    def filled(self) -> Expr:
        """The cost, or the mean where the row lacks it."""
        return Where(self.known, self.expr, constant(self.mean))

    @property
    def expected(self) -> Expr:
        """What a row is decided by."""
        return (self.model or constant(self.mean)) if self.later else self.filled


@dataclass(frozen=True, slots=True)
class AmountReader:
    """Reads the amounts of a spec; an expression without columns is a number."""

    data: Prepared | None

    def amount(self, value: object, where: str, truth: int | None) -> float | RowCost:
        """A finite number, or an expression over columns; of a `truth`, whose outcomes its mean is taken from.

        Without a truth no outcome can be named. Raises `SpecError`, and `DataError` where no train row has the amount.
        """
        if value is None:
            return 0.0
        if isinstance(value, str):
            return self._expression(value, where, truth)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SpecError(f"expected a finite number, got {value!r}", where=where)
        return float(value)

    def _expression(self, text: str, where: str, truth: int | None) -> float | RowCost:
        expression = parse_expression(text, where=where)
        columns = {column.name: column for column in self.data.schema.columns} if self.data else {}
        expr = compile_formula(expression, columns, afterwards=truth is not None)
        later = any(columns[name].role == "outcome" for name in expression.columns)
        frame = self.data.train.inputs if self.data and expression.columns else pl.DataFrame()
        values = np.asarray(evaluate({"cost": expr}, frame)["cost"])[:, 0]
        if later and self.data:  # an outcome of another truth says nothing of this one
            values = values[self.data.train.y == truth]
        known = values[np.isfinite(values)]
        if not known.size:
            raise DataError("no train row has this cost", where=where, hint=f"{text} is missing or infinite in all")
        mean = float((known / known.size).sum())  # the sum of huge amounts would be infinite
        return RowCost(text=text, expr=expr, mean=mean, later=later) if expression.columns else mean
