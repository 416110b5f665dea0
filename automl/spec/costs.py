"""[objective.costs]: what each kind of mistake costs in money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from automl.spec.base import ColumnName, Cost, Section
from automl.spec.units import shown

FORMS: Final = {
    "binary": frozenset({"false_positive", "false_negative", "true_positive", "true_negative"}),
    "matrix": frozenset({"matrix"}),
    "regression": frozenset({"under", "over"}),
}
NEEDED: Final = {
    "binary": ("false_positive", "false_negative"),
    "matrix": ("matrix",),
    "regression": ("under", "over"),
}


class CostTable(Section):
    """Cost files, one for each part of the data."""

    train: str
    """The cost file of the train rows."""
    test: str | None = None
    """The cost file of the test rows."""


class Costs(Section):
    """Money for each row and outcome; a negative cost is a gain.

    One of three forms: the four outcomes of a binary problem (the `true_` ones are 0 if unsaid),
    `matrix` (truth -> action -> cost), or `under` and `over` for regression.
    """

    currency: str | None = None
    """The unit of all amounts, as it is shown."""
    false_positive: Cost | None = None
    """Money for a negative row that is acted on."""
    false_negative: Cost | None = None
    """Money for a positive row that is left alone."""
    true_positive: Cost = 0.0
    """Money for a positive row that is acted on."""
    true_negative: Cost = 0.0
    """Money for a negative row that is left alone."""
    matrix: Mapping[str, Mapping[str, Cost]] | None = None
    """Several labels or actions: a row for each truth, in it the money for each action."""
    under: Cost | None = None
    """Regression: money for each unit that the decision is too small."""
    over: Cost | None = None
    """Regression: money for each unit that it is too large."""
    missing: Literal["mean", "review", "refuse"] = "mean"
    """What stands in for a cost that is missing when scoring: the mean of train, a review, or a refusal."""
    table: str | CostTable | None = None
    """A file with the columns that the costs name."""
    by: ColumnName | None = None
    """The column that joins the cost file to the rows, or `row order`."""

    @property
    def form(self) -> Literal["binary", "matrix", "regression"]:
        """Which of the three forms is given."""
        if self.matrix is not None:
            return "matrix"
        return "regression" if self.under is not None else "binary"

    @model_serializer(mode="wrap")
    def _own_form(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without the keys of the other forms, so that what is written reads back."""
        others = frozenset().union(*FORMS.values()) - FORMS[self.form]
        return {key: value for key, value in write(self).items() if key not in others}

    @model_validator(mode="after")
    def _one_whole_form(self) -> Costs:
        given = [form for form, keys in FORMS.items() if keys & self.model_fields_set]
        if len(given) != 1:
            raise ValueError("expected false_positive and false_negative, or a matrix, or under and over")
        lacking = [key for key in NEEDED[given[0]] if getattr(self, key) is None]
        if lacking:
            raise ValueError(f"{lacking[0]} is missing")
        _check_matrix(self.matrix or {})
        return self


def _check_matrix(matrix: Mapping[str, Mapping[str, Cost]]) -> None:
    actions = {action: None for row in matrix.values() for action in row}
    for truth, row in matrix.items():
        for action in actions:
            if action not in row:
                raise ValueError(f"the row {shown(truth)} has no cost for the action {shown(action)}")
