"""What a unit too little or too much costs, for all rows or row by row."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.costs.unit_costs import UnitCosts, check_for_labels, make_unit_costs
from automl.errors import SpecError
from automl.spec.objective import Objective
from automl.task import Task

COSTS = UnitCosts(under=5.0, over=2.0, currency="EUR")
LABELS = Labels(name="y", task=Task(kind="regression"), dtype="float")


def objective(**given) -> Objective:
    return Objective.model_validate({"target": "y", **given})


def prepared(**columns) -> Prepared:
    """Train rows with these columns of numbers."""
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    rows = Rows(frame=frame, raw=frame, y=np.zeros(frame.height))
    schema = Schema(
        columns=tuple(
            Column(name=name, wire="number", role="feature", reason="", is_feature=True, reader={}) for name in columns
        )
    )
    return Prepared(schema=schema, labels=LABELS, train=rows, test=rows, findings=(), split="", digests={})


def test_costs_of_a_spec():
    """Amounts and currency as they stand there, None without costs."""
    assert make_unit_costs(objective(costs={"under": 5, "over": 2, "currency": "EUR"})) == COSTS
    assert make_unit_costs(objective()) is None


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ({"false_positive": 1, "false_negative": 5}, "objective.costs: the target is a number"),
        ({"under": -1, "over": 2}, "objective.costs: under and over are amounts of 0"),
        ({"under": 0, "over": 0}, "objective.costs: under and over are amounts of 0"),
        ({"under": 1, "over": 2, "missing": "review"}, "objective.costs.missing: there is no review"),
    ],
)
def test_costs_that_do_not_fit_a_number_are_refused(costs, told):
    """Each with its place."""
    with pytest.raises(SpecError, match=told):
        make_unit_costs(objective(costs=costs))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"interval": "90%"}, "objective.interval: an interval is for"),
        ({"costs": {"under": 5, "over": 2}}, "objective.costs: under and over are"),
    ],
)
def test_what_is_for_numbers_is_refused_where_the_target_has_labels(given, told):
    """Each with its place; what is for labels passes."""
    with pytest.raises(SpecError, match=told):
        check_for_labels(objective(**given))
    check_for_labels(objective(costs={"false_positive": 1, "false_negative": 5}))


def test_a_row_costs_what_lies_under_or_over():
    """Two units too few cost 10, three too many 6; where rows differ, each by its own amounts."""
    y, decision = np.array([12.0, 7.0]), np.array([10.0, 10.0])
    assert COSTS.of(decision, y).tolist() == [10.0, 6.0]
    assert COSTS.of(decision, y, np.array([[1.0, 9.0], [9.0, 1.0]])).tolist() == [2.0, 3.0]


def test_amounts_by_row_have_the_mean_of_the_rows_that_have_them():
    """A missing or negative amount is none: its mean stands in, and the row is not known to have it."""
    data = prepared(u=[1.0, 3.0, np.nan, -8.0], o=[2.0, 2.0, 2.0, 2.0])
    costs = make_unit_costs(objective(costs={"under": "u", "over": "o * 2"}), data)
    assert (costs.under, costs.over, costs.columns) == (2.0, 4.0, ("u", "o"))
    assert costs.amounts(data.train.inputs).tolist() == [[1.0, 4.0], [3.0, 4.0], [2.0, 4.0], [2.0, 4.0]]
    assert costs.known(data.train.inputs).tolist() == [True, True, False, False]


def test_constant_amounts_are_known_on_every_row():
    """And no row differs."""
    frame = pl.DataFrame({"x": [1.0, 2.0]})
    assert COSTS.known(frame).tolist() == [True, True]
    assert COSTS.amounts(frame) is None


def test_an_amount_that_no_train_row_has_is_refused():
    """Where all are negative there is no mean to fall back on."""
    with pytest.raises(SpecError, match="amounts of 0 or more"):
        make_unit_costs(objective(costs={"under": "u", "over": 1}), prepared(u=[-1.0, -2.0]))


def test_scaled_changes_one_amount():
    """The other one and the original stay."""
    assert (COSTS.scaled("under", 2.0).under, COSTS.scaled("under", 2.0).over) == (10.0, 2.0)
    assert (COSTS.scaled("over", 0.5).under, COSTS.scaled("over", 0.5).over) == (5.0, 1.0)
    assert COSTS.share == 5 / 7
