"""A function of the user's own is a metric where it can judge, and is refused with the reason where it cannot."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import automl
from automl.errors import DataError, SpecError
from automl.metrics import score, why_undefined
from automl.metrics.own import check_own, imported, is_reference, own_metric, reference
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
Y = np.array([0.0, 1.0, 1.0, 0.0] * 10)


@automl.higher_is_better
def share_found(y, p, weight):
    """Of the positives the share above one half."""
    return float(weight[(y == 1) & (p > 0.5)].sum() / weight[y == 1].sum())


def _no_number(y, p, weight):
    return p - y


def _nan(y, p, weight):
    return math.nan


def _raises(y, p, weight):
    return p[:, 3].mean()


def test_a_function_is_a_metric() -> None:
    """It gets plain columns, its value is the score, and the search minimises the usual loss beside it."""
    metric = own_metric(share_found, "mine:share_found", "binary")
    assert score(metric, Y, Y[:, None]) == 1.0
    assert score(metric, Y, Y[:, None] * 0.4) == 0.0
    assert (metric.greater_is_better, metric.loss, metric.kinds) == (True, "log_loss", {"binary"})
    assert own_metric(automl.lower_is_better(_nan), "mine:nan", "regression").loss == "rmse"
    assert not own_metric(_nan, "mine:nan", "regression").greater_is_better


@pytest.mark.parametrize(
    ("task", "y", "shape"),
    [
        (BINARY, Y, (40,)),
        (Task(kind="multiclass", classes=3), np.arange(40) % 3.0, (40, 3)),
        (Task(kind="regression"), np.arange(40.0), (40,)),
    ],
)
def test_what_a_function_gets(task: Task, y: np.ndarray, shape: tuple[int, ...]) -> None:
    """One column for numbers and two labels, one for each of several labels; all vary, and weights are given."""
    seen: list[tuple[int, ...]] = []

    def look(y: np.ndarray, p: np.ndarray, weight: np.ndarray) -> float:
        seen.append(p.shape)
        assert weight.tolist() == [1.0] * 40
        assert np.ptp(p, axis=0).min() > 0
        y[:], p[:] = 0, 0  # nobody else sees it
        return 1.0

    before = y.copy()
    check_own(look, "mine:look", y, None, task, seed=0)
    assert seen == [shape]
    assert (y == before).all()


@pytest.mark.parametrize(
    ("function", "says"),
    [(_no_number, "an array of shape"), (_nan, "it gives nan"), (_raises, "it raises IndexError")],
)
def test_what_cannot_judge_is_refused(function, says: str) -> None:
    """A wrong shape, no number, an error: each with what it was and what is expected."""
    with pytest.raises(DataError, match=says) as caught:
        check_own(function, "mine:metric", Y, None, BINARY, seed=0)
    assert caught.value.where == "objective.metric"
    assert "one finite number" in (caught.value.hint or "")


def test_later_rows_without_a_value_have_none() -> None:
    """What it raises on other rows, such as a draw of one label, is no value there, and ends no fit."""
    metric = own_metric(automl.higher_is_better(_raises), "mine:raises", "binary")
    assert math.isnan(score(metric, Y, Y[:, None]))
    assert why_undefined(metric, Y, Y[:, None]) is None


def test_a_sense_is_needed() -> None:
    """Nobody guesses which way a function improves; what cannot be called is no metric."""
    with pytest.raises(SpecError, match="which way"):
        own_metric(_no_number, "mine:metric", "binary")
    with pytest.raises(SpecError, match="is no function"):
        own_metric(3, "mine:three", "binary")


def test_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module and a name; a module that cannot be imported and a name that it lacks are told."""
    (tmp_path / "mine_of_test.py").write_text("def gain(y, p, weight): return 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert imported("mine_of_test:gain")(0, 0, 0) == 1.0
    with pytest.raises(SpecError, match="did you mean 'gain'"):
        imported("mine_of_test:gian")
    with pytest.raises(SpecError, match="PYTHONPATH"):
        imported("nowhere_to_be_found:gain")
    assert reference(share_found).endswith(":share_found")
    assert is_reference("a:b")
    assert not is_reference("roc_auc")
