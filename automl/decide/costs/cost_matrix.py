"""What each decision costs for each truth, for all rows or row by row: the only form in which money is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Labels, Prepared
from automl.decide.costs.review import CELL, ReviewCost
from automl.decide.costs.row_cost import AmountReader, RowCost
from automl.decide.costs.running_cost import RunningCost, make_running_cost
from automl.errors import SpecError, nearest
from automl.ops.bulk import evaluate
from automl.ops.expr import And, Concat, Constant, Expr, constant
from automl.ops.rewrite import used_columns
from automl.spec import costs as spec
from automl.spec.objective import Decisions, Objective

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WHERE = "objective.costs"
EXPECTED = "expected:"
"""How a bundle marks what is expected of an amount: in its graph and in evidence.parquet."""
BINARY_CELLS = (("true_negative", "false_positive"), ("false_negative", "true_positive"))
"""The names of a binary matrix: rows are truths (other, positive), columns are answers (other, positive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostMatrix:
    """Money by truth and action: `matrix` [classes, actions], a gain is a negative cost.

    `rows` has the cells that differ from row to row, by truth and action; `matrix` has their mean there. `refuses`:
    a row that lacks one of them is not decided; `asks`: it is reviewed. With a `review` the last action is that, and
    its column of `matrix` is made of the others. Binary without a matrix has the actions (other label, positive
    label), so doing nothing comes first. `cells[truth][action]` names each amount as the spec does. `given` is False
    where the spec names no costs: then a right answer costs 0 and a wrong one 1. `running` is what
    the model itself costs.
    """

    actions: tuple[str, ...]
    matrix: Floats
    cells: tuple[tuple[str, ...], ...]
    currency: str
    given: bool
    rows: Mapping[tuple[int, int], RowCost] = field(default_factory=dict)
    refuses: bool = False
    asks: bool = False
    review: ReviewCost | None = None
    running: RunningCost | None = None

    @property
    def answers(self) -> int:
        """The number of actions without the review."""
        return len(self.actions) - (self.review is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the costs name."""
        return used_columns(*(cost.expr for cost in self.rows.values()))

    @property
    def running_per_row(self) -> float:
        """What the model itself costs for each row."""
        return self.running.per_row if self.running else 0.0

    @property
    def later(self) -> bool:
        """Whether a cost is known only afterwards."""
        return any(cost.later for cost in self.rows.values())

    @property
    def outcome_models(self) -> dict[str, Expr]:
        """What is expected of each amount that is known only afterwards and has a model, by `EXPECTED` and its cell."""
        models = {self.cells[truth][action]: cost.model for (truth, action), cost in self.rows.items()}
        return {f"{EXPECTED}{cell}": model for cell, model in models.items() if model is not None}

    def of_truth(self, truth: int, part: Literal["expected", "filled"] = "expected") -> Expr:
        """What each action is expected to cost, or costs, if `truth` holds [N, actions], means filled in."""
        if not any((truth, action) in self.rows for action in range(len(self.actions))):
            return Constant(self.matrix[truth])
        cells = [self.rows.get((truth, action)) for action in range(self.answers)]
        parts = zip(cells, self.matrix[truth, : self.answers], strict=True)
        each = Concat(tuple(getattr(cell, part) if cell else constant(float(amount)) for cell, amount in parts))
        return each if self.review is None else self.review.expr(each)

    def amounts(self, frame: pl.DataFrame) -> Floats | None:
        """What rows of read columns cost [n, classes, actions], means filled in; None if all rows cost the same."""
        return self._by_row(frame, "filled")

    def expected(self, frame: pl.DataFrame) -> Floats | None:
        """What they are expected to cost when they are decided, in the same form."""
        return self._by_row(frame, "expected")

    def _by_row(self, frame: pl.DataFrame, part: Literal["expected", "filled"]) -> Floats | None:
        if not self.rows:
            return None
        truths = range(len(self.matrix))
        by_truth = evaluate({str(truth): self.of_truth(truth, part) for truth in truths}, frame)
        return np.stack([np.asarray(by_truth[str(truth)]) for truth in truths], axis=1)

    def decidable(self, frame: pl.DataFrame) -> Flags:
        """Whether a row has all costs that can be known in time [n]: policies that refuse or ask need them."""
        needed = {str(cell): cost.known for cell, cost in self.rows.items() if not cost.later}
        decidable = np.ones(frame.height, dtype=np.bool_)
        for flag in evaluate(needed, frame).values():
            decidable &= np.asarray(flag)[:, 0]
        return decidable

    def known(self, frame: pl.DataFrame) -> Flags:
        """Whether a row has all its costs of each truth [n, classes]."""
        known = np.ones((frame.height, len(self.matrix)), dtype=np.bool_)
        flags = evaluate({f"{truth} {action}": cost.known for (truth, action), cost in self.rows.items()}, frame)
        for (truth, _), flag in zip(self.rows, flags.values(), strict=True):
            known[:, truth] &= np.asarray(flag)[:, 0]
        return known

    def all_known(self) -> Expr | None:
        """Whether a row has all costs that can be known in time (a flag); None if there are none."""
        known = [cost.known for cost in self.rows.values() if not cost.later]
        return reduce(And, known) if known else None

    def scaled(self, truth: int, action: int, factor: float) -> CostMatrix:
        """The same costs with one amount multiplied by `factor`; of a row cost its mean, of a review its fee."""
        review = self.review
        if review is not None and action == self.answers:
            review = replace(review, cost=factor * review.cost)
        matrix = self.matrix[:, : self.answers].copy()
        if action < self.answers:
            matrix[truth, action] *= factor
        return replace(self, matrix=matrix if review is None else review.added(matrix), review=review)


def make_cost_matrix(objective: Objective, labels: Labels, data: Prepared | None = None) -> CostMatrix:
    """The costs of a spec whose target has labels.

    `data` has the columns that expressions may name, and the train rows that their means come from.
    `objective.names` gives the words for acting and passing, by default the labels' texts.
    Raises `SpecError` for a missing or unknown cell, an amount that is no finite number, an expression that is wrong,
    or two actions of one name; `DataError` where no train row has a cost.
    """
    table = objective.costs
    if table is None:
        costs = _right_or_wrong(labels)
    elif table.matrix is not None:
        costs = _of_matrix(table.matrix, labels, AmountReader(data), table)
    elif labels.task.kind == "binary" and table.form == "binary":
        costs = _of_cells(table, labels, AmountReader(data))
    else:
        raise SpecError(
            "several classes need a cost for each truth and action",
            where=WHERE,
            hint="write [objective.costs.matrix] with one line for each label",
        )
    costs = replace(
        costs,
        actions=_named(costs.actions, labels, objective.names),
        running=make_running_cost(objective),
    )
    return _reviewed(costs, objective)


def _right_or_wrong(labels: Labels) -> CostMatrix:
    cells = tuple(tuple(f"{truth} as {answer}" for answer in labels.texts) for truth in labels.texts)
    matrix = 1.0 - np.eye(len(labels.texts))
    return CostMatrix(actions=labels.texts, matrix=matrix, cells=cells, currency="", given=False)


def _of_cells(table: spec.Costs, labels: Labels, reader: AmountReader) -> CostMatrix:
    amounts = [
        [reader.amount(getattr(table, name), f"{WHERE}.{name}", truth) for name in row]
        for truth, row in enumerate(BINARY_CELLS)
    ]
    return _made(amounts, labels.texts, BINARY_CELLS, table)


def _of_matrix(
    matrix: Mapping[str, Mapping[str, object]], labels: Labels, reader: AmountReader, table: spec.Costs
) -> CostMatrix:
    where = f"{WHERE}.matrix"
    rows = {_text(truth): cells for truth, cells in matrix.items()}
    known = [_text(text) for text in labels.texts]
    for truth in rows:
        if truth not in known:
            close = nearest(truth, known)
            hint = f"did you mean '{close}'?" if close else f"labels: {', '.join(labels.texts)}"
            raise SpecError(f"the target has no label '{truth}'", where=where, hint=hint)
    actions = tuple(dict.fromkeys(action for cells in rows.values() for action in cells))
    amounts = [
        [reader.amount(_cell(rows, truth, action, where), f"{where}.{truth}.{action}", code) for action in actions]
        for code, truth in enumerate(known)
    ]
    cells = tuple(tuple(f"{truth}.{action}" for action in actions) for truth in labels.texts)
    return _made(amounts, actions, cells, table)


def _made(
    amounts: list[list[float | RowCost]],
    actions: tuple[str, ...],
    cells: tuple[tuple[str, ...], ...],
    table: spec.Costs,
) -> CostMatrix:
    means = [[cell.mean if isinstance(cell, RowCost) else cell for cell in row] for row in amounts]
    places = ((truth, action, cell) for truth, row in enumerate(amounts) for action, cell in enumerate(row))
    return CostMatrix(
        actions=actions,
        matrix=np.asarray(means, dtype=np.float64),
        cells=cells,
        currency=table.currency or "",
        given=True,
        rows={(truth, action): cell for truth, action, cell in places if isinstance(cell, RowCost)},
        refuses=table.missing == "refuse",
    )


def _cell(rows: Mapping[str, Mapping[str, object]], truth: str, action: str, where: str) -> object:
    if action not in rows.get(truth, {}):
        raise SpecError(
            f"no cost for truth '{truth}' and action '{action}'",
            where=where,
            hint="every truth needs a number for every action; write 0 where it costs nothing",
        )
    return rows[truth][action]


def _text(label: str) -> str:
    """A label as text: "2", "2.0" and 2 are one (D21)."""
    text = str(label).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if math.isfinite(number) and number == int(number) else text


def _named(actions: tuple[str, ...], labels: Labels, names: Decisions | None) -> tuple[str, ...]:
    if names is None or labels.task.kind != "binary" or actions != labels.texts:
        return actions
    named = (names.pass_ or actions[0], names.act or actions[1])
    if named[0] == named[1]:
        raise SpecError(f"acting and passing have one name: '{named[0]}'", where="objective.names")
    return named


def _reviewed(costs: CostMatrix, objective: Objective) -> CostMatrix:
    """The costs with the review as the last action, where the spec has one."""
    asked, names = objective.review, objective.names
    asks = objective.costs is not None and objective.costs.missing == "review"
    named = names.review if names else None
    if asked is None:
        where = f"{WHERE}.missing" if asks else "objective.names.review"
        if asks or named:
            raise SpecError("there is no review to ask for", where=where, hint="add [objective.review] with its cost")
        return costs
    if not costs.given:
        raise SpecError(
            "a review is weighed against what mistakes cost", where="objective.review", hint="add [objective.costs]"
        )
    name = named or "review"
    if name in costs.actions:
        raise SpecError(f"the review and another action have one name: '{name}'", where="objective.names.review")
    review = ReviewCost(cost=asked.cost, error=asked.error)
    return replace(
        costs,
        actions=(*costs.actions, name),
        matrix=review.added(costs.matrix),
        cells=tuple((*cells, CELL) for cells in costs.cells),
        review=review,
        asks=asks,
    )
