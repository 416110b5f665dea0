"""What a unit too little or too much costs, for all rows or row by row: the money of decisions about numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Prepared
from automl.decide.costs.row_cost import AmountReader, RowCost
from automl.decide.costs.running_cost import RunningCost, make_running_cost
from automl.errors import SpecError
from automl.ops.bulk import evaluate
from automl.ops.expr import And, Expr, LessEqual, Where, constant
from automl.ops.rewrite import used_columns
from automl.spec.objective import Objective

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WHERE = "objective.costs"
UNDER, OVER = "under", "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """What each unit costs that a decision lies `under` or `over` the truth, in `currency`.

    `rows` has the amounts that differ from row to row, by name; the number beside it is their mean over the train rows.
    A row whose amount is missing, infinite or negative lacks it: the mean stands in, or it is not decided (`refuses`).
    """

    under: float
    over: float
    currency: str
    running: RunningCost | None = None
    rows: Mapping[str, RowCost] = field(default_factory=dict)
    refuses: bool = False

    @property
    def share(self) -> float:
        """The share of truths that the best decision lies above (the critical ratio of the newsvendor)."""
        return self.under / (self.under + self.over)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the amounts name."""
        return used_columns(*(cost.expr for cost in self.rows.values()))

    @property
    def running_per_row(self) -> float:
        """What the model itself costs for each row."""
        return self.running.per_row if self.running else 0.0

    def amount(self, name: str) -> float:
        """What a unit `name` ("under" or "over") costs; where rows differ, their mean."""
        return self.under if name == UNDER else self.over

    def expr(self, name: str) -> Expr:
        """The amount `name` of each row [N, 1], the mean where the row lacks it."""
        mean = constant(self.amount(name))
        return Where(_known(self.rows[name]), self.rows[name].expr, mean) if name in self.rows else mean

    def all_known(self) -> Expr | None:
        """Whether a row has both amounts (a flag); None where all rows cost the same."""
        flags = [_known(cost) for cost in self.rows.values()]
        return None if not flags else flags[0] if len(flags) == 1 else And(flags[0], flags[1])

    def known(self, frame: pl.DataFrame) -> Flags:
        """`all_known` of rows of read columns [n]."""
        flag = self.all_known()
        if flag is None:
            return np.ones(frame.height, dtype=np.bool_)
        return np.asarray(evaluate({"known": flag}, frame)["known"])[:, 0].astype(np.bool_)

    def amounts(self, frame: pl.DataFrame) -> Floats | None:
        """What a unit costs on rows of read columns [n, 2], under and over; None if all rows cost the same."""
        if not self.rows:
            return None
        amounts = evaluate({name: self.expr(name) for name in (UNDER, OVER)}, frame)
        columns = [np.broadcast_to(np.asarray(values)[:, 0], frame.height) for values in amounts.values()]
        return np.column_stack(columns)

    def of(self, decision: Floats, y: Floats, amounts: Floats | None = None) -> Floats:
        """The cost of each row [n], where rows differ by `amounts` [n, 2]."""
        under, over = (self.under, self.over) if amounts is None else amounts.T
        return np.where(y > decision, under * (y - decision), over * (decision - y))

    def scaled(self, name: str, factor: float) -> UnitCosts:
        """The same costs with one amount multiplied; where rows differ, its mean."""
        amount = factor * self.amount(name)
        return replace(self, under=amount) if name == UNDER else replace(self, over=amount)


def _known(cost: RowCost) -> Expr:
    return And(cost.known, LessEqual(constant(0.0), cost.expr))


def make_unit_costs(objective: Objective, data: Prepared | None = None) -> UnitCosts | None:
    """The costs of a spec whose target is a number, or None where it names none.

    `data` has the columns that expressions may name, and the train rows that their means come from. Raises `SpecError`
    where they are costs of labels, an amount is negative, or both are 0, and where an expression is wrong.
    """
    table, running = objective.costs, make_running_cost(objective)
    if table is None:
        return None
    if table.form != "regression":
        raise SpecError("the target is a number, so its costs are under and over", where=WHERE)
    if table.missing == "review":
        raise SpecError("there is no review to ask for", where=f"{WHERE}.missing", hint='say "mean" or "refuse"')
    reader = AmountReader(data)
    read = {name: reader.amount(getattr(table, name), f"{WHERE}.{name}", None) for name in (UNDER, OVER)}
    rows = {name: _not_negative(amount, data) for name, amount in read.items() if isinstance(amount, RowCost)}
    under, over = (rows[name].mean if name in rows else float(amount) for name, amount in read.items())  # type: ignore[arg-type]  # the others are numbers
    if min(under, over) < 0 or under + over == 0:
        raise SpecError("under and over are amounts of 0 or more, and not both 0", where=WHERE)
    return UnitCosts(
        under=under,
        over=over,
        currency=table.currency or "",
        running=running,
        rows=rows,
        refuses=table.missing == "refuse",
    )


def check_for_labels(objective: Objective) -> None:
    """Raise `SpecError` where a spec whose target has labels asks for what is for numbers."""
    if objective.interval is not None:
        raise SpecError("an interval is for a target that is a number", where="objective.interval")
    if objective.costs is not None and objective.costs.form == "regression":
        raise SpecError(
            "under and over are for a target that is a number",
            where=WHERE,
            hint='set objective.task = "regression", or give the costs of each answer',
        )


def _not_negative(cost: RowCost, data: Prepared | None) -> RowCost:
    """The amount with the mean of the train rows that have it; -1, which is refused, where none has."""
    values = np.asarray(evaluate({"cost": cost.expr}, data.train.inputs)["cost"])[:, 0] if data else np.zeros(0)
    known = values[np.isfinite(values) & (values >= 0)]
    return replace(cost, mean=float((known / known.size).sum()) if known.size else -1.0)
