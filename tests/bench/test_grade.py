"""What predictions are worth, by hand: scores on known rows alone, and money by decisions or probabilities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
Told = Callable[[str, str], Truth]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """The answers of a small task of a kind, with more words in its `task.toml`."""

    def make(kind: str, more: str = "") -> Truth:
        words, train, test = KINDS[kind]
        for part, y in (("train", train), ("test", test)):
            pl.DataFrame({"x": range(len(y)), "y": y}).write_parquet(tmp_path / f"{part}.parquet")
        text = f'name = "small"\nkind = "{kind}"\ntarget = "y"\n{words}\n{more}'
        (tmp_path / "task.toml").write_text(text)
        return read_truth(read_task(tmp_path))

    return make


def test_answers_are_codes_and_gaps(told: Told) -> None:
    """The positive label is 1 whatever comes first; a row without an answer is NaN."""
    truth = told("binary", "")
    np.testing.assert_array_equal(truth.train, [0, 0, 0, 1, np.nan])
    np.testing.assert_array_equal(truth.test, [1, 0, np.nan])
    assert (truth.metric, truth.labels.texts) == ("roc_auc", ("no", "yes"))


@pytest.mark.parametrize(
    ("kind", "row"), [("binary", [0.25]), ("multiclass", [0.25, 0.5, 0.25]), ("regression", [3.0])]
)
def test_who_knows_the_target_alone_says_its_shares(kind: str, row: list[float], told: Told) -> None:
    """The share of positives, of each class, or the mean, of the train rows whose answer is known."""
    np.testing.assert_allclose(told(kind, "").constant, [row] * 3)


def test_scores_are_of_known_rows(told: Told) -> None:
    """The metric of the task stands first; what is said of a row without an answer does not count."""
    truth = told("regression", "")
    found = grade(truth, np.array([[4.0], [1e9], [5.0]]))
    assert next(iter(found)) == "rmse"
    assert found["rmse"] == pytest.approx(np.sqrt(0.5))
    assert grade(told("binary", ""), np.array([[0.9], [0.1], [0.5]]))["roc_auc"] == 1.0


def test_a_score_that_is_no_number_is_null(told: Told) -> None:
    """Of one known row no R2 can be told: None, so that the record is JSON."""
    truth = told("regression", "")
    one = Truth(
        spec=truth.spec, labels=truth.labels, train=truth.train, test=np.array([3.0, np.nan, np.nan]), metric="r2"
    )
    assert grade(one, np.array([[4.0], [0.0], [0.0]]))["r2"] is None


def test_a_task_without_costs_has_no_price(told: Told) -> None:
    """Nothing is invented: no costs, no money; nor where the decision is a number."""
    assert price(told("binary", ""), np.full((3, 1), 0.5)) is None
    assert price(told("regression", ""), np.full((3, 1), 0.5)) is None


def test_decisions_are_priced_by_hand(task_folder: Callable[..., Path]) -> None:
    """A false alarm costs 1 and a miss 5, over the test rows; without a model everybody is taken for bad, or nobody."""
    truth = read_truth(read_task(task_folder(COSTS)))
    bad = truth.test == 1
    assert 0 < bad.sum() < 20
    none, everyone, right = (["no"] * 20, ["yes"] * 20, ["yes" if one else "no" for one in bad])
    free = min(5 * bad.sum(), (~bad).sum()) / 20
    for decisions, cost in ((none, 5 * bad.sum() / 20), (everyone, (~bad).sum() / 20), (right, 0.0)):
        assert price(truth, decisions=decisions) == {
            "per_row": pytest.approx(cost),
            "without_model": pytest.approx(free),
        }


def test_probabilities_decide_by_the_smallest_expected_cost(task_folder: Callable[..., Path]) -> None:
    """By Elkan: who is bad with more than one sixth is taken for bad, as 1 against 5 says."""
    truth = read_truth(read_task(task_folder(COSTS)))
    sure = np.random.default_rng(0).choice([0.1, 0.16, 0.17, 0.9], 20)
    decided = ["yes" if share > 1 / 6 else "no" for share in sure]
    assert price(truth, sure[:, None]) == price(truth, decisions=decided)


def test_rows_without_an_answer_cost_nothing(task_folder: Callable[..., Path]) -> None:
    """A test row whose label is missing is left out of the price, with its decision."""
    folder = task_folder(COSTS)
    test = pl.read_parquet(folder / "test.parquet")
    whole = price(read_truth(read_task(folder)), decisions=["yes"] * 20)
    pl.concat([test, test.head(5).with_columns(bad=pl.lit(None, dtype=pl.String))]).write_parquet(
        folder / "test.parquet"
    )
    assert price(read_truth(read_task(folder)), decisions=["yes"] * 20 + ["no"] * 5) == whole


def test_something_must_be_given(task_folder: Callable[..., Path]) -> None:
    """Neither probabilities nor decisions is a mistake of the caller."""
    with pytest.raises(ValueError, match="give probabilities or decisions"):
        price(read_truth(read_task(task_folder(COSTS))))


def test_our_output_columns_are_a_prediction() -> None:
    """Every probability in its order, or the number; keys, decisions and costs are none."""
    classes = {"id": ["a"], "probability_x": [0.2], "probability_y": [0.8], "decision": ["y"], "expected_cost": [1.0]}
    assert answers(pl.DataFrame(classes)).tolist() == [[0.2, 0.8]]
    assert answers(pl.DataFrame({"probability": [0.2], "decision": ["no"]})).tolist() == [[0.2]]
    assert answers(pl.DataFrame({"prediction": [7.0], "low": [1.0], "high": [9.0]})).tolist() == [[7.0]]
