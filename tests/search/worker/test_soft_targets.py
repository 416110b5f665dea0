"""A small model learns half from labels and half from a teacher, on the columns that it is given."""

from __future__ import annotations

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Matrix
from automl.search.worker.soft_targets import SoftTargets, apply_soft_targets
from automl.task import Task

BINARY, CLASSES, NUMBER = Task(kind="binary", classes=2), Task(kind="multiclass", classes=3), Task(kind="regression")


def matrix(y, weight=None) -> Matrix:
    features = tuple(FeatureInfo(name=name, kind="number") for name in ("a", "b"))
    values = np.arange(2.0 * len(y)).reshape(-1, 2) + 1.0
    return Matrix(values=values, features=features, y=np.asarray(y, dtype=float), weight=weight)


def save(tmp_path, said) -> str:
    np.save(tmp_path / "t.npy", np.asarray(said, dtype=float))
    return str(tmp_path / "t.npy")


def test_without_soft_targets_nothing_changes():
    """The search itself learns from labels."""
    given = matrix([0, 1])
    assert apply_soft_targets(None, given, np.arange(2), BINARY) is given


def test_a_column_that_may_not_be_looked_at_never_varies():
    """No tree splits on it."""
    found = apply_soft_targets(SoftTargets(columns=("b",)), matrix([0, 1]), np.arange(2), BINARY)
    assert found.values.tolist() == [[0.0, 2.0], [0.0, 4.0]]


def test_a_label_and_a_probability_become_weighted_copies(tmp_path):
    """A row that is 1 and of which the teacher says 0.6 is 0.8 of a 1 and 0.2 of a 0."""
    soft_targets = SoftTargets(teacher=save(tmp_path, [[0.9], [0.6], [np.nan]]))
    found = apply_soft_targets(soft_targets, matrix([1, 0], weight=np.array([2.0, 1.0])), np.array([1, 2]), BINARY)
    copies = sorted(zip(found.values[:, 0], found.y, found.weight, strict=True))
    assert copies == [(1.0, 0.0, pytest.approx(0.4)), (1.0, 1.0, pytest.approx(1.6)), (3.0, 0.0, 1.0)]


def test_classes_that_are_hardly_likely_have_no_copy(tmp_path):
    """Many classes do not make many rows; the shares of a row still sum to one."""
    soft_targets = SoftTargets(teacher=save(tmp_path, [[0.97, 0.02, 0.01]]))
    found = apply_soft_targets(soft_targets, matrix([0]), np.array([0]), CLASSES)
    assert found.y.tolist() == [0.0]
    assert found.weight.tolist() == [1.0]


def test_a_number_meets_the_teacher_half_way(tmp_path):
    """Where the teacher says nothing the truth stands."""
    soft_targets = SoftTargets(teacher=save(tmp_path, [[4.0], [np.nan]]))
    found = apply_soft_targets(soft_targets, matrix([2, 8]), np.arange(2), NUMBER)
    assert found.y.tolist() == [3.0, 8.0]
