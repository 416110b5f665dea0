"""What predictions are worth, by hand: scores on known rows alone, and money by decisions or probabilities."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.bench.grade import Truth, answers, grade, price, read_truth
from automl.bench.tasks import read_task

COSTS = '[costs]\nkind = "matrix"\nfalse_positive = 1\nfalse_negative = 5\n'
KINDS = {
    "binary": ('positive = "yes"\nmetric = "roc_auc"', ["no", "no", "no", "yes", None], ["yes", "no", None]),
    "multiclass": ('metric = "log_loss"', ["a", "b", "b", "c"], ["c", "a", "b"]),
    "regression": ('metric = "rmse"', [1.0, 2.0, 6.0, None], [3.0, None, 5.0]),
}
Told = Callable[[str], Truth]


def written(folder: Path, kind: str, words: str, train: list[Any], test: list[Any]) -> Truth:
    """The answers of a small task; its feature says nothing."""
    for part, y in (("train", train), ("test", test)):
        pl.DataFrame({"x": [0.5 + place % 3 for place in range(len(y))], "y": y}).write_parquet(
            folder / f"{part}.parquet"
        )
    (folder / "task.toml").write_text(f'name = "small"\nkind = "{kind}"\ntarget = "y"\n{words}\n')
    return read_truth(read_task(folder))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The answers of a small task of a kind, read once."""
    return cache(lambda kind: written(tmp_path_factory.mktemp(kind), kind, *KINDS[kind]))


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Two bad ones of eight whose answer is known, in a task with costs; two answers are missing."""
    test = ["no", "no", "yes", "no", "no", "no", "yes", "no", None, None]
    folder = tmp_path_factory.mktemp("loans")
    return written(folder, "binary", f'positive = "yes"\nmetric = "roc_auc"\n{COSTS}', ["no", "no", "yes"] * 10, test)


def test_answers_are_codes_and_gaps(told: Told) -> None:
    """The positive label is 1 whatever comes first; a row without an answer is NaN."""
    truth = told("binary")
    np.testing.assert_array_equal(truth.train, [0, 0, 0, 1, np.nan])
    np.testing.assert_array_equal(truth.test, [1, 0, np.nan])
    assert (truth.metric, truth.labels.texts) == ("roc_auc", ("no", "yes"))


@pytest.mark.parametrize(
    ("kind", "row"), [("binary", [0.25]), ("multiclass", [0.25, 0.5, 0.25]), ("regression", [3.0])]
)
def test_who_knows_the_target_alone_says_its_shares(kind: str, row: list[float], told: Told) -> None:
    """The share of positives, of each class, or the mean, of the train rows whose answer is known."""
    np.testing.assert_allclose(told(kind).constant, [row] * 3)


def test_scores_are_of_known_rows(told: Told) -> None:
    """The metric of the task stands first; what is said of a row without an answer does not count."""
    truth = told("regression")
    found = grade(truth, np.array([[4.0], [1e9], [5.0]]))
    assert next(iter(found)) == "rmse"
    assert found["rmse"] == pytest.approx(np.sqrt(0.5))
    assert grade(told("binary"), np.array([[0.9], [0.1], [0.5]]))["roc_auc"] == 1.0


def test_a_score_that_is_no_number_is_null(told: Told) -> None:
    """Of one known row no R2 can be told: None, so that the record is JSON."""
    truth = told("regression")
    one = Truth(
        spec=truth.spec, labels=truth.labels, train=truth.train, test=np.array([3.0, np.nan, np.nan]), metric="r2"
    )
    assert grade(one, np.array([[4.0], [0.0], [0.0]]))["r2"] is None


def test_a_task_without_costs_has_no_price(told: Told) -> None:
    """Nothing is invented: no costs, no money; nor where the decision is a number."""
    assert price(told("binary"), np.full((3, 1), 0.5)) is None
    assert price(told("regression"), np.full((3, 1), 0.5)) is None


def test_decisions_are_priced_by_hand(loans: Truth) -> None:
    """A false alarm costs 1 and a miss 5, a row; a row without an answer costs nothing, whatever was decided.

    Without a model everybody is taken for bad, or nobody, whichever is cheaper.
    """
    nobody, right = ["no"] * 10, ["no", "no", "yes", "no", "no", "no", "yes", "no", "no", "yes"]
    assert price(loans, decisions=nobody) == {
        "per_row": pytest.approx(2 * 5 / 8),
        "without_model": pytest.approx(6 / 8),
    }
    assert price(loans, decisions=right) == {"per_row": 0.0, "without_model": pytest.approx(6 / 8)}


def test_probabilities_decide_by_the_smallest_expected_cost(loans: Truth) -> None:
    """By Elkan: who is bad with more than one sixth is taken for bad, as 1 against 5 says: one alarm and one miss."""
    sure = [0.16, 0.17, 0.16, 0.0, 0.1, 0.0, 0.17, 0.1, 1.0, 1.0]
    found = price(loans, np.array(sure)[:, None])
    assert found == {"per_row": pytest.approx((1 + 5) / 8), "without_model": pytest.approx(6 / 8)}


def test_something_must_be_given(loans: Truth) -> None:
    """Neither probabilities nor decisions is a mistake of the caller."""
    with pytest.raises(ValueError, match="give probabilities or decisions"):
        price(loans)


def test_our_output_columns_are_a_prediction() -> None:
    """Every probability in its order, or the number; keys, decisions and costs are none."""
    classes = {"id": ["a"], "probability_x": [0.2], "probability_y": [0.8], "decision": ["y"], "expected_cost": [1.0]}
    assert answers(pl.DataFrame(classes)).tolist() == [[0.2, 0.8]]
    assert answers(pl.DataFrame({"probability": [0.2], "decision": ["no"]})).tolist() == [[0.2]]
    assert answers(pl.DataFrame({"prediction": [7.0], "low": [1.0], "high": [9.0]})).tolist() == [[7.0]]
