"""The spec's amounts become one matrix, or an error that says where."""

from __future__ import annotations

import numpy as np
import pytest

from automl.data.rows import Labels
from automl.decide.costs import make_costs
from automl.errors import SpecError
from automl.spec.objective import Objective
from automl.task import Task

BINARY = Labels(name="risk", task=Task(kind="binary", classes=2), values=(1, 2), texts=("1", "2"), dtype="int")
THREE = Labels(name="grade", task=Task(kind="multiclass", classes=3), values=("a", "b", "c"), texts=("a", "b", "c"))


def objective(**more) -> Objective:
    return Objective.model_validate({"target": "risk", **more})


def test_the_four_outcomes_of_a_binary_task_make_a_matrix_of_truth_and_answer():
    """Rows are truths, columns answers, the other label first; what is unsaid costs 0."""
    costs = make_costs(objective(costs={"false_positive": 1, "false_negative": 5, "currency": "DM"}), BINARY)
    assert costs.matrix.tolist() == [[0.0, 1.0], [5.0, 0.0]]
    assert costs.cells == (("true_negative", "false_positive"), ("false_negative", "true_positive"))
    assert (costs.actions, costs.currency, costs.given) == (("1", "2"), "DM", True)


def test_names_are_the_words_of_the_decision():
    """`pass` names the other label's answer and `act` the positive one's."""
    costs = make_costs(objective(names={"act": "block", "pass": "let through"}), BINARY)
    assert costs.actions == ("let through", "block")


def test_without_costs_a_wrong_answer_costs_one():
    """0/1 costs make the decision the likeliest label, and `given` says that they are nobody's money."""
    costs = make_costs(objective(), THREE)
    assert costs.given is False
    assert costs.matrix.tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_a_matrix_names_its_own_actions():
    """Actions come in the order of the spec; truths in the order of the labels, whatever the spec's."""
    matrix = {"2": {"approve": 5, "decline": 0, "ask": 2}, "1.0": {"ask": 2, "approve": 0, "decline": 1}}
    costs = make_costs(objective(costs={"matrix": matrix}), BINARY)
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
        make_costs(objective(costs={"matrix": matrix}), THREE)
    assert caught.value.where.startswith("objective.costs.matrix")


def test_several_classes_need_a_matrix():
    """False positives are no words for three labels."""
    with pytest.raises(SpecError, match="several classes need a cost for each truth and action"):
        make_costs(objective(costs={"false_positive": 1, "false_negative": 5}), THREE)


def test_two_actions_of_one_name_are_refused():
    """Nobody could tell the decisions apart."""
    with pytest.raises(SpecError, match="one name: 'go'"):
        make_costs(objective(names={"act": "go", "pass": "go"}), BINARY)


def test_a_regression_has_no_decision():
    """There is nothing to choose between."""
    assert make_costs(objective(), Labels(name="price", task=Task(kind="regression"))) is None


def test_scaled_changes_one_amount():
    """The other amounts and the original stay."""
    costs = make_costs(objective(costs={"false_positive": 1, "false_negative": 5}), BINARY)
    assert np.array_equal(costs.scaled(1, 0, 2.0).matrix, [[0, 1], [10, 0]])
    assert np.array_equal(costs.matrix, [[0, 1], [5, 0]])
