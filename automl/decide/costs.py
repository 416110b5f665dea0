"""What each decision costs for each truth, as one matrix: the only form in which money is used further on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Labels
from automl.errors import SpecError, nearest
from automl.spec import costs as spec
from automl.spec.objective import Decisions, Objective

Floats = NDArray[np.float64]
WHERE = "objective.costs"
BINARY_CELLS = (("true_negative", "false_positive"), ("false_negative", "true_positive"))
"""The names of a binary matrix: rows are truths (other, positive), columns are answers (other, positive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Money by truth and action: `matrix` [classes, actions], a gain is a negative cost.

    Binary without a matrix has the actions (other label, positive label), so doing nothing comes first.
    `cells[truth][action]` names each amount as the spec does. `given` is False where the spec names no
    costs: then a right answer costs 0 and a wrong one 1.
    """

    actions: tuple[str, ...]
    matrix: Floats
    cells: tuple[tuple[str, ...], ...]
    currency: str
    given: bool

    def scaled(self, truth: int, action: int, factor: float) -> Costs:
        """The same costs with one amount multiplied by `factor`."""
        matrix = self.matrix.copy()
        matrix[truth, action] *= factor
        return replace(self, matrix=matrix)


def make_costs(objective: Objective, labels: Labels) -> Costs | None:
    """The costs of a spec, or None for a regression: it has no decision.

    `objective.names` gives the words for acting and passing, by default the labels' texts.
    Raises `SpecError` for a missing or unknown cell, an amount that is no finite number, or two actions of one name.
    """
    if labels.task.kind == "regression":
        return None
    table = objective.costs
    if table is None:
        costs = _right_or_wrong(labels)
    elif table.matrix is not None:
        costs = _of_matrix(table.matrix, labels, table.currency or "")
    elif labels.task.kind == "binary" and table.form == "binary":
        costs = _of_cells(table, labels)
    else:
        raise SpecError(
            "several classes need a cost for each truth and action",
            where=WHERE,
            hint="write [objective.costs.matrix] with one line for each label",
        )
    return replace(costs, actions=_named(costs.actions, labels, objective.names))


def _right_or_wrong(labels: Labels) -> Costs:
    cells = tuple(tuple(f"{truth} as {answer}" for answer in labels.texts) for truth in labels.texts)
    matrix = 1.0 - np.eye(len(labels.texts))
    return Costs(actions=labels.texts, matrix=matrix, cells=cells, currency="", given=False)


def _of_cells(table: spec.Costs, labels: Labels) -> Costs:
    amounts = [[_amount(getattr(table, name), f"{WHERE}.{name}") for name in row] for row in BINARY_CELLS]
    matrix = np.asarray(amounts)
    return Costs(actions=labels.texts, matrix=matrix, cells=BINARY_CELLS, currency=table.currency or "", given=True)


def _of_matrix(matrix: Mapping[str, Mapping[str, object]], labels: Labels, currency: str) -> Costs:
    where = f"{WHERE}.matrix"
    rows = {_text(truth): cells for truth, cells in matrix.items()}
    known = [_text(text) for text in labels.texts]
    for truth in rows:
        if truth not in known:
            close = nearest(truth, known)
            hint = f"did you mean '{close}'?" if close else f"labels: {', '.join(labels.texts)}"
            raise SpecError(f"the target has no label '{truth}'", where=where, hint=hint)
    actions = tuple(dict.fromkeys(action for cells in rows.values() for action in cells))
    amounts = [[_cell(rows, truth, action, where) for action in actions] for truth in known]
    return Costs(
        actions=actions,
        matrix=np.asarray(amounts, dtype=np.float64),
        cells=tuple(tuple(f"{truth}.{action}" for action in actions) for truth in labels.texts),
        currency=currency,
        given=True,
    )


def _cell(rows: Mapping[str, Mapping[str, object]], truth: str, action: str, where: str) -> float:
    if action not in rows.get(truth, {}):
        raise SpecError(
            f"no cost for truth '{truth}' and action '{action}'",
            where=where,
            hint="every truth needs a number for every action; write 0 where it costs nothing",
        )
    return _amount(rows[truth][action], f"{where}.{truth}.{action}")


def _amount(value: object, where: str) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SpecError(f"expected a finite number, got {value!r}", where=where)
    return float(value)


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
