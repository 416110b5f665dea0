"""The measured order of configurations."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Learner, Matrix
from automl.learners.portfolio import FILE, order
from automl.registry import Registry
from automl.task import Task

LEARNERS = Registry("automl.learners", Learner, "learner")
STORED = tomllib.loads(FILE.read_text(encoding="utf-8"))
BINARY = Task(kind="binary", classes=2)


def test_the_data_says_where_it_comes_from() -> None:
    """A date, a command, and the tasks of each order stand beside it."""
    assert STORED["date"] >= "2026"
    assert "benchmarks/portfolio.py" in STORED["command"]
    assert all(len(each["tasks"]) >= 3 for each in STORED["order"])


@pytest.mark.parametrize("each", STORED["order"], ids=lambda each: f"{each['kind']}-{each['rows']}")
def test_every_entry_can_be_fitted(each: dict[str, object]) -> None:
    """Each entry names a learner that knows the task, with parameters that it takes."""
    classes = {"binary": 2, "multiclass": 5}.get(str(each["kind"]), 0)
    task = Task(kind=each["kind"], classes=classes, shape="positive" if not classes else "any")  # type: ignore[arg-type]
    draw = np.random.default_rng(0)
    y = np.arange(60) % classes if classes else draw.exponential(size=60)
    features = tuple(FeatureInfo(name=name, kind="number") for name in "ab")
    train = Matrix(values=draw.normal(size=(60, 2)), features=features, y=y.astype(float))
    for name, params in order(task, int(str(each["rows"]))):
        learner = LEARNERS.get(name)
        assert task.kind in learner.kinds
        model = learner.fit(train, None, task, {**params, "rounds": 2}, seed=0, seconds=5.0)
        assert model.raw(train.values).shape == (60, task.width)


def test_the_smallest_order_that_holds_counts() -> None:
    """Orders are for so many rows at most; beyond the largest there is none."""
    sizes = sorted(each["rows"] for each in STORED["order"] if each["kind"] == "binary")
    for rows in sizes:
        entries = next(each["entries"] for each in STORED["order"] if (each["kind"], each["rows"]) == ("binary", rows))
        assert [name for name, _ in order(BINARY, rows)] == [entry["learner"] for entry in entries]
    assert order(BINARY, sizes[-1] + 1) == ()


def test_few_classes_are_tried_as_two() -> None:
    """Up to four classes share the order of two labels; more have their own."""
    assert order(Task(kind="multiclass", classes=4), 1_000) == order(BINARY, 1_000)


def test_only_what_suits_the_target_is_tried() -> None:
    """Logarithms and counts' objectives are left out where a target is negative; a metric of its own has no order."""
    some, every = (order(Task(kind="regression", shape=shape), 1_000) for shape in ("any", "positive"))
    assert {"target", "objective"}.isdisjoint(key for _, params in some for key in params)
    assert len(every) >= len(some)
    assert order(Task(kind="regression", loss="absolute", shape="positive"), 1_000) == ()
