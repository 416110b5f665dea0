"""Targets go to the library scaled and come back as they were."""

import numpy as np
import pytest

from automl.learners._target import Target
from automl.learners.base import FeatureInfo, Matrix
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub
from automl.task import Task

REGRESSION = Task(kind="regression")


def matrix(y, weight=None):
    y = np.asarray(y, dtype=np.float64)
    return Matrix(values=np.zeros((len(y), 1)), features=(FeatureInfo(name="x", kind="number"),), y=y, weight=weight)


def predicted(target, raw):
    stub = np.asarray(raw, dtype=np.float64).reshape(-1, target.task.width)
    return evaluate({"p": target.prediction(Stub("raw", target.task.width))}, {}, stubs={"raw": stub})["p"]


@pytest.mark.parametrize("kind", ["plain", "log"])
def test_a_perfect_score_predicts_the_target(kind):
    """What is learned, turned back into a raw score, predicts the target: a large offset does no harm."""
    y = np.asarray([1e9, 1e9 + 1, 1e9 + 2])
    target = Target.of(matrix(y), REGRESSION, {"target": kind})
    assert np.allclose(np.sort(target.learned(y)), [-1.224744871391589, 0.0, 1.224744871391589], atol=1e-4)
    assert np.allclose(predicted(target, target.raw(target.learned(y))), y[:, None], rtol=1e-9)


def test_log_holds_only_without_negative_targets():
    """A negative target of train makes `log` plain; one on a validation row counts as 0."""
    assert not Target.of(matrix([-1.0, 5.0]), REGRESSION, {"target": "log"}).log
    target = Target.of(matrix([0.0, 5.0]), REGRESSION, {"target": "log"})
    assert target.log
    assert target.learned(np.asarray([-3.0])) == target.learned(np.asarray([0.0]))


def test_log_predictions_stay_within_reason():
    """On the log scale no prediction is negative or beyond e times the largest target of train."""
    target = Target.of(matrix([0.0, 1.0, 9.0]), REGRESSION, {"target": "log"})
    low, high = predicted(target, [-5.0, 500.0])[:, 0]
    assert low == 0.0
    assert high == pytest.approx(10.0 * np.e - 1.0)


def test_the_centre_is_weighted():
    """The scaling follows the weights."""
    target = Target.of(matrix([0.0, 1.0], weight=np.asarray([1.0, 3.0])), REGRESSION, {})
    assert target.center == pytest.approx(0.75)


@pytest.mark.parametrize("task", [Task(kind="binary", classes=2), Task(kind="multiclass", classes=3)])
def test_classes_stay_as_they_are(task):
    """Class codes are learned unchanged and scores become probabilities."""
    y = np.asarray([0.0, 1.0])
    target = Target.of(matrix(y), task, {"target": "log"})
    assert target.learned(y) is y
    assert predicted(target, np.zeros((1, task.width))).max() == pytest.approx(1.0 / task.classes)


@pytest.mark.parametrize("objective", ["poisson", "tweedie", "gamma"])
def test_an_objective_that_the_targets_forbid_is_squares(objective):
    """Negative targets, nothing but zeros, or a zero for gamma: the plain fit, not an error of a library."""
    for y in ([-1.0, 2.0], [0.0, 0.0], *([[0.0, 2.0]] if objective == "gamma" else [])):
        train = Matrix(values=np.zeros((2, 1)), features=(), y=np.asarray(y))
        assert Target.of(train, Task(kind="regression"), {"objective": objective}).objective == "squared"


def test_counts_are_learned_as_shares_of_their_mean():
    """Poisson sees y / mean, so that its raw score starts at the log of the mean; predictions come back as numbers."""
    train = Matrix(values=np.zeros((3, 1)), features=(), y=np.asarray([0.0, 2.0, 4.0]))
    target = Target.of(train, Task(kind="regression"), {"objective": "poisson"})
    assert target.learned(train.y).tolist() == pytest.approx([0.0, 1.0, 2.0])
    raw = target.raw(np.log(np.asarray([0.5, 1.0, 2.0])))
    found = evaluate({"p": target.prediction(Stub("raw"))}, {}, stubs={"raw": raw})["p"]
    assert found[:, 0].tolist() == pytest.approx([1.0, 2.0, 4.0])


def test_the_mean_comes_back_from_the_log():
    """Duan 1983: with noise of one spread on the log scale, the smeared prediction is the mean, not the median."""
    y = np.expm1(3.0 + 0.5 * np.random.default_rng(0).normal(size=20_000))
    y = y[y >= 0.0]
    train = Matrix(values=np.zeros((len(y), 1)), features=(), y=y)
    target = Target.of(train, Task(kind="regression"), {"target": "log"})
    raw = np.full((len(y), 1), np.log1p(y / target.unit).mean())
    plain, corrected = (
        evaluate({"p": one.prediction(Stub("raw"))}, {}, stubs={"raw": raw[:1]})["p"][0, 0]
        for one in (target, target.smeared(raw, train))
    )
    assert plain < 0.95 * y.mean()
    assert corrected == pytest.approx(y.mean(), rel=1e-9)
    assert target.smeared(raw * 0.1, train).smear == 1.5


@pytest.mark.parametrize("factor", [2.0**-30, 2.0**30])
@pytest.mark.parametrize("counted", [False, True])
def test_the_log_does_not_depend_on_the_unit(factor, counted):
    """A target in another unit teaches the same and predicts the same, in that unit."""
    draw = np.random.default_rng(0)
    y = draw.poisson(3.0, 200).astype(np.float64) if counted else np.exp(draw.normal(size=200))
    here, there = (Target.of(matrix(values), REGRESSION, {"target": "log"}) for values in (y, y * factor))
    assert (here.learned(y) == there.learned(y * factor)).all()
    raw = draw.normal(size=50)
    assert (predicted(here, raw) * factor == predicted(there, raw)).all()


def test_counts_and_logarithmic_metrics_keep_log1p():
    """Counts are counted in ones, and a metric of log1p(y) has chosen the unit."""
    assert Target.of(matrix([0.0, 1.0, 2.0, 7.0]), REGRESSION, {"target": "log"}).unit == 1.0
    metric = Task(kind="regression", loss="log")
    assert Target.of(matrix([0.001, 0.002, 0.01]), metric, {"target": "log"}).unit == 1.0
