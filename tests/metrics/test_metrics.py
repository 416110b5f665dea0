"""Our metrics are the field's: equal to scikit-learn's, and honest where there is no value."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import sklearn.metrics as sk

from automl.errors import AutomlError, SpecError
from automl.metrics import default, get, loss, score, why_undefined
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
MULTICLASS = Task(kind="multiclass", classes=4)
REGRESSION = Task(kind="regression")


def rows_of(task: Task, seed: int = 0, n: int = 200):
    """y, a prediction with ties, and weights."""
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.2, 3, n)
    if task.kind == "regression":
        y = rng.gamma(2.0, 3.0, n) + 0.1
        return y, (y * rng.uniform(0.5, 1.5, n))[:, None], weight
    y = rng.integers(0, task.classes, n).astype(float)
    raw = rng.normal(size=(n, task.classes)).round(1)
    raw[np.arange(n), y.astype(int)] += 1
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    return y, p[:, 1:].round(2) if task.kind == "binary" else p, weight


def decided(p):
    return (p[:, 0] > 0.5).astype(float) if p.shape[1] == 1 else p.argmax(axis=1).astype(float)


def rates(p):
    return p[:, 0] if p.shape[1] == 1 else p


def one_against_rest(metric):
    def of(y, p, sample_weight):
        if p.shape[1] == 1:
            return metric(y, p[:, 0], sample_weight=sample_weight)
        each = [metric(y == k, p[:, k], sample_weight=sample_weight) for k in range(p.shape[1])]
        return np.mean(each)

    return of


def f1(y, p, sample_weight):
    average = "binary" if p.shape[1] == 1 else "macro"
    return sk.f1_score(y, decided(p), average=average, sample_weight=sample_weight)


def shares(metric):
    def of(y, p, sample_weight):
        average = "binary" if p.shape[1] == 1 else "macro"
        return metric(y, decided(p), average=average, sample_weight=sample_weight, zero_division=0)

    return of


CLASSIFICATION = {
    "log_loss": lambda y, p, sample_weight: sk.log_loss(y, rates(p), sample_weight=sample_weight),
    "brier": lambda y, p, sample_weight: sk.brier_score_loss(y, rates(p), sample_weight=sample_weight),
    "roc_auc": one_against_rest(sk.roc_auc_score),
    "average_precision": one_against_rest(sk.average_precision_score),
    "accuracy": lambda y, p, sample_weight: sk.accuracy_score(y, decided(p), sample_weight=sample_weight),
    "balanced_accuracy": lambda y, p, sample_weight: sk.balanced_accuracy_score(
        y, decided(p), sample_weight=sample_weight
    ),
    "f1": f1,
    "recall": shares(sk.recall_score),
    "precision": shares(sk.precision_score),
    "mcc": lambda y, p, sample_weight: sk.matthews_corrcoef(y, decided(p), sample_weight=sample_weight),
}
NUMBER = {
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "rmsle": sk.root_mean_squared_log_error,
    "mape": sk.mean_absolute_percentage_error,
    "r2": sk.r2_score,
    "poisson_deviance": sk.mean_poisson_deviance,
    "gamma_deviance": sk.mean_gamma_deviance,
    "pinball": sk.mean_pinball_loss,
}
CASES = [(name, task) for task in (BINARY, MULTICLASS) for name in CLASSIFICATION]
CASES += [(name, REGRESSION) for name in NUMBER]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "task"), CASES)
def test_equal_to_scikit_learn(name, task, weighted):
    """Each metric equals scikit-learn's, with ties, with and without weights."""
    y, prediction, weight = rows_of(task)
    given = weight if weighted else None
    if task.kind == "regression":
        expected = NUMBER[name](y, prediction[:, 0], sample_weight=given)
    else:
        expected = CLASSIFICATION[name](y, prediction, sample_weight=given)
    assert score(get(name), y, prediction, given) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "y", "word"),
    [
        ("roc_auc", [1, 1], "same label"),
        ("average_precision", [0, 0], "same label"),
        ("r2", [2, 2], "the same"),
        ("mape", [0, 2], "0"),
        ("rmsle", [-1, 2], "below 0"),
        ("poisson_deviance", [-1, 2], "below 0"),
        ("gamma_deviance", [0, 2], "above 0"),
    ],
)
def test_undefined_is_nan_with_a_reason(name, y, word):
    """R17: a metric that is undefined on the rows (AUC with one class) is NaN, and the reason is stated."""
    y, prediction = np.array(y, dtype=float), np.array([[0.4], [0.6]])
    assert np.isnan(score(get(name), y, prediction))
    assert word in (why_undefined(get(name), y, prediction) or "")


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "recall"])
def test_rows_of_weight_0_are_no_rows(name):
    """R17: what only they have is undefined, with the count of the others; otherwise they change nothing."""
    y, prediction = np.array([0.0, 0.0, 1.0, 1.0, 0.0]), np.array([[0.4], [0.6], [0.3], [0.8], [0.9]])
    weight = np.array([1.0, 2.0, 1.5, 0.5, 0.0])
    assert score(get(name), y, prediction, weight) == score(get(name), y[:4], prediction[:4], weight[:4])
    reason = why_undefined(get(name), y, prediction, (y == 0).astype(float))
    assert ("3 rows" in (reason or "")) == (name != "log_loss")
    assert why_undefined(get(name), y, prediction, np.zeros(5)) == "no row has a weight above 0"


def test_what_no_float_holds_is_infinite():
    """A percentage of next to nothing is no exception and no warning."""
    assert score(get("mape"), np.array([1e-310, 2.0]), np.ones((2, 1))) == np.inf


@pytest.mark.parametrize("name", sorted(CLASSIFICATION))
def test_a_class_missing_from_the_rows_is_left_out(name):
    """R17: a fold without one of several classes still has a value, over the classes that it has."""
    y = np.array([0.0, 0.0, 2.0, 2.0])
    p = np.array([[0.7, 0.1, 0.2], [0.6, 0.1, 0.3], [0.1, 0.1, 0.8], [0.5, 0.1, 0.4]])
    value = score(get(name), y, p)
    assert np.isfinite(value)
    if name in ("roc_auc", "average_precision"):
        assert value == 1.0


def test_decisions_without_variation_score_zero_correlation():
    """The mcc is 0 where every row is decided alike, the f1 is 0 where no positive is found."""
    y, nobody = np.array([0.0, 1.0]), np.array([[0.1], [0.2]])
    assert score(get("mcc"), y, nobody) == 0
    assert score(get("f1"), y, nobody) == 0


def test_certain_and_wrong_is_finite():
    """A probability of exactly 0 for what came true costs about 36 nats, not infinity."""
    assert score(get("log_loss"), np.array([1.0]), np.array([[0.0]])) == pytest.approx(36.04, abs=0.01)


def test_predictions_below_zero_are_judged_as_none():
    """Metrics of positive numbers judge one below 0 as 0 (rmsle) or a millionth of the mean target, and stay finite."""
    y, below = np.array([0.0, 3.0]), np.array([[-2.0], [3.0]])
    assert score(get("rmsle"), y, below) == 0
    assert score(get("poisson_deviance"), y, below) == pytest.approx(1.5e-6)
    assert np.isfinite(score(get("gamma_deviance"), y + 1, below))


def test_losses_by_name():
    """Metrics of classes are searched by log loss, r2 by squared, mape by absolute error."""
    assert loss(get("f1"), "binary").name == "log_loss"
    assert loss(get("cost"), "multiclass").name == "log_loss"
    assert loss(get("cost"), "regression").name == "rmse"
    assert loss(get("r2"), "regression").name == "rmse"
    assert loss(get("mape"), "regression").name == "mae"
    assert loss(get("rmsle"), "regression").name == "rmsle"


def test_default_metric():
    """Without a metric: log loss for classes, rmse for numbers."""
    assert [default(task) for task in (BINARY, MULTICLASS, REGRESSION)] == ["log_loss", "log_loss", "rmse"]


def test_a_wrong_name_is_answered_with_the_nearest():
    """A mistyped metric is refused with the right name."""
    with pytest.raises(SpecError, match="did you mean 'roc_auc'"):
        get("roc_acu")


def test_cost_is_known_but_not_computed_here():
    """The name `cost` is a metric; its value needs the decision policy."""
    with pytest.raises(AutomlError, match="cost"):
        score(get("cost"), np.array([1.0]), np.array([[0.5]]))


def test_scoring_imports_no_scikit_learn():
    """Every metric is found and the hot ones computed without the seconds of scikit-learn's import."""
    code = "import sys; from automl.metrics.base import metrics; metrics.all; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
