"""An amount of a spec is a number, or an expression with the mean of the train rows that have it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.costs.row_cost import AmountReader, RowCost
from automl.errors import DataError, SpecError
from automl.ops.bulk import evaluate
from automl.ops.expr import Column as Leaf
from automl.ops.expr import Expr, constant
from automl.task import Task

LABELS = Labels(name="y", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
WHERE = "objective.costs.false_negative"


def reader() -> AmountReader:
    """Four train rows with an amount, and a gift that is known only afterwards."""
    frame = pl.DataFrame({"amount": [1.0, 2.0, np.nan, 6.0], "gift": [5.0, np.nan, 7.0, 100.0]})
    columns = tuple(
        Column(name=name, wire="number", role=role, reason="", is_feature=False, reader={})
        for name, role in (("amount", "excluded"), ("gift", "outcome"))
    )
    rows = Rows(frame=frame, raw=frame, y=np.array([1.0, 1.0, 1.0, 0.0]))
    data = Prepared(
        schema=Schema(columns=columns), labels=LABELS, train=rows, test=rows, findings=(), split="", digests={}
    )
    return AmountReader(data)


def values(expr: Expr, column: list[float]) -> list[float]:
    found = np.asarray(evaluate({"cost": expr}, pl.DataFrame({"amount": column}))["cost"])[:, 0]
    return np.broadcast_to(found, len(column)).tolist()


@pytest.mark.parametrize(("said", "amount"), [(None, 0.0), (3, 3.0), (2.5, 2.5), ("4 * 2 + 1", 9.0)])
def test_what_names_no_column_is_a_number(said, amount):
    """Nothing said costs nothing, and arithmetic of constants is done once."""
    assert reader().amount(said, WHERE, 1) == amount


@pytest.mark.parametrize("said", [True, float("nan"), float("inf"), [1]])
def test_what_is_no_finite_number_is_refused(said):
    """With its place."""
    with pytest.raises(SpecError, match=r"objective\.costs\.false_negative: expected a finite number"):
        reader().amount(said, WHERE, 1)


def test_an_expression_has_the_mean_of_the_rows_that_have_it():
    """Two amounts of 1, 2 and 6 and one that is missing: 3 times 2."""
    cost = reader().amount("amount * 2", WHERE, 1)
    assert (cost.text, cost.mean, cost.later) == ("amount * 2", 6.0, False)


def test_an_outcome_has_the_mean_of_its_truth():
    """5 and 7 of the positive rows, and not the 100 of another truth; where no truth is said none can be named."""
    cost = reader().amount("gift", WHERE, 1)
    assert (cost.mean, cost.later) == (6.0, True)
    with pytest.raises(SpecError, match="gift"):
        reader().amount("gift", WHERE, None)


def test_a_cost_that_no_train_row_has_is_refused():
    """There would be no mean to fall back on."""
    with pytest.raises(DataError, match="no train row has this cost"):
        reader().amount("amount / 0", WHERE, 1)


def test_where_a_row_lacks_its_cost_the_mean_stands_in():
    """Missing and infinite amounts are none."""
    cost = RowCost(text="amount", expr=Leaf("amount"), mean=3.0)
    assert values(cost.filled, [1.0, np.nan, np.inf, -2.0]) == [1.0, 3.0, 3.0, -2.0]
    assert values(cost.expected, [1.0, np.nan]) == [1.0, 3.0]


def test_what_is_known_only_afterwards_is_expected_by_its_model_or_the_mean():
    """A row is never decided by its own outcome."""
    cost = RowCost(text="amount", expr=Leaf("amount"), mean=3.0, later=True)
    assert values(cost.expected, [1.0, 9.0]) == [3.0, 3.0]
    modelled = RowCost(text="amount", expr=Leaf("amount"), mean=3.0, later=True, model=constant(4.0))
    assert values(modelled.expected, [1.0, 9.0]) == [4.0, 4.0]
    assert values(modelled.filled, [1.0, 9.0]) == [1.0, 9.0]
