"""The spec's amounts become one matrix, or an error that says where."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Labels, Prepared, Rows, Schema
from automl.decide.costs.cost_matrix import make_cost_matrix
from automl.errors import DataError, SpecError
from automl.spec.objective import Objective
from automl.task import Task

BINARY = Labels(name="risk", task=Task(kind="binary", classes=2), values=(1, 2), texts=("1", "2"), dtype="int")
THREE = Labels(name="grade", task=Task(kind="multiclass", classes=3), values=("a", "b", "c"), texts=("a", "b", "c"))


def objective(**more) -> Objective:
    return Objective.model_validate({"target": "risk", **more})


def test_the_four_outcomes_of_a_binary_task_make_a_matrix_of_truth_and_answer():
    """Rows are truths, columns answers, the other label first; what is unsaid costs 0."""
    costs = make_cost_matrix(objective(costs={"false_positive": 1, "false_negative": 5, "currency": "DM"}), BINARY)
    assert costs.matrix.tolist() == [[0.0, 1.0], [5.0, 0.0]]
    assert costs.cells == (("true_negative", "false_positive"), ("false_negative", "true_positive"))
    assert (costs.actions, costs.currency, costs.given) == (("1", "2"), "DM", True)


def test_names_are_the_words_of_the_decision():
    """`pass` names the other label's answer and `act` the positive one's."""
    costs = make_cost_matrix(objective(names={"act": "block", "pass": "let through"}), BINARY)
    assert costs.actions == ("let through", "block")


def test_without_costs_a_wrong_answer_costs_one():
    """0/1 costs make the decision the likeliest label, and `given` says that they are nobody's money."""
    costs = make_cost_matrix(objective(), THREE)
    assert costs.given is False
    assert costs.matrix.tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_a_matrix_names_its_own_actions():
    """Actions come in the order of the spec; truths in the order of the labels, whatever the spec's."""
    matrix = {"2": {"approve": 5, "decline": 0, "ask": 2}, "1.0": {"ask": 2, "approve": 0, "decline": 1}}
    costs = make_cost_matrix(objective(costs={"matrix": matrix}), BINARY)
    assert costs.actions == ("approve", "decline", "ask")
    assert costs.matrix.tolist() == [[0, 1, 2], [5, 0, 2]]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ({"a": {"x": 1}, "b": {"x": 1}}, "no cost for truth 'c' and action 'x'"),
        ({"a": {"x": 1}, "b": {"x": 1}, "C": {"x": 1}}, "the target has no label 'C'"),
        ({"a": {"x": 1}, "b": {"x": 1}, "c": {"x": "amount"}}, "the data has no column 'amount'"),
    ],
)
def test_a_cell_that_is_missing_unknown_or_no_number_is_an_error(matrix, message):
    """The message names the cell, and the path where it stands."""
    with pytest.raises(SpecError, match=message) as caught:
        make_cost_matrix(objective(costs={"matrix": matrix}), THREE)
    assert caught.value.where.startswith("objective.costs.matrix")


def test_several_classes_need_a_matrix():
    """False positives are no words for three labels."""
    with pytest.raises(SpecError, match="several classes need a cost for each truth and action"):
        make_cost_matrix(objective(costs={"false_positive": 1, "false_negative": 5}), THREE)


def test_two_actions_of_one_name_are_refused():
    """Nobody could tell the decisions apart."""
    with pytest.raises(SpecError, match="one name: 'go'"):
        make_cost_matrix(objective(names={"act": "go", "pass": "go"}), BINARY)


def test_scaled_changes_one_amount():
    """The other amounts and the original stay."""
    costs = make_cost_matrix(objective(costs={"false_positive": 1, "false_negative": 5}), BINARY)
    assert np.array_equal(costs.scaled(1, 0, 2.0).matrix, [[0, 1], [10, 0]])
    assert np.array_equal(costs.matrix, [[0, 1], [5, 0]])


def prepared(**columns) -> Prepared:
    """Data whose train rows are `columns` of numbers; `fee` is excluded, so it stands beside the features."""

    def column(name: str) -> Column:
        role = "excluded" if name == "fee" else "feature"
        return Column(name=name, wire="number", role=role, reason="", is_feature=role == "feature", reader={})

    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
    beside = frame.select("fee") if "fee" in columns else None
    rows = Rows(frame=frame.drop("fee", strict=False), raw=frame, y=np.zeros(frame.height), beside=beside)
    schema = Schema(columns=tuple(map(column, columns)))
    return Prepared(schema=schema, labels=BINARY, train=rows, test=rows, findings=(), split="", digests={})


def test_an_expression_is_a_cost_on_each_row_with_its_mean():
    """The mean is that of the train rows that have it; a feature and an excluded column serve alike."""
    data = prepared(amount=[10.0, 20.0, np.nan], fee=[1.0, 3.0, 5.0])
    costs = make_cost_matrix(
        objective(costs={"false_positive": "fee", "false_negative": "amount * 2 + fee"}), BINARY, data
    )
    assert costs.matrix.tolist() == [[0, 3], [(21 + 43) / 2, 0]]
    assert costs.columns == ("fee", "amount")
    assert costs.amounts(data.train.inputs)[:, 1, 0].tolist() == [21, 43, 32]
    assert costs.known(data.train.inputs).tolist() == [[True, True], [True, True], [True, False]]


def test_an_expression_without_columns_is_a_number():
    """Arithmetic of constants is done once."""
    costs = make_cost_matrix(objective(costs={"false_positive": "4 * 2 + 1", "false_negative": "max(1, 2)"}), BINARY)
    assert costs.matrix.tolist() == [[0, 9], [2, 0]]
    assert costs.rows == {}
    assert costs.amounts(pl.DataFrame()) is None


def test_a_matrix_may_have_cells_by_row():
    """Named actions and expressions go together."""
    matrix = {"1": {"approve": 0, "decline": "fee"}, "2": {"approve": "max(fee, 2)", "decline": 0}}
    costs = make_cost_matrix(objective(costs={"matrix": matrix, "missing": "refuse"}), BINARY, prepared(fee=[1.0, 3.0]))
    assert set(costs.rows) == {(0, 1), (1, 0)}
    assert costs.matrix.tolist() == [[0, 2], [2.5, 0]]
    assert costs.refuses


def test_a_cost_that_no_train_row_has_is_refused():
    """There would be no mean to fall back on."""
    with pytest.raises(DataError, match="no train row has this cost"):
        make_cost_matrix(
            objective(costs={"false_positive": 1, "false_negative": "fee / 0"}), BINARY, prepared(fee=[1.0, 3.0])
        )
