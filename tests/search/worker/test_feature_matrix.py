"""A feature matrix on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl.learners.base import FeatureInfo
from automl.search.worker.feature_matrix import FeatureMatrix

BASE = np.arange(30.0).reshape(10, 3)
OWN = np.arange(100.0, 110.0)[:, None]


@pytest.fixture
def matrix(tmp_path: Path) -> FeatureMatrix:
    """Ten rows; its columns are the base's third, one of its own, and the base's first."""
    for name, values in {
        "y": np.arange(10.0),
        "weight": np.linspace(1.0, 2.0, 10),
        "base": BASE,
        "fold-1": OWN,
        "fold-1-fit": np.array([0, 2, 4, 6, 8]),
        "fold-1-valid": np.array([1, 3]),
    }.items():
        np.save(tmp_path / f"{name}.npy", values)
    features = tuple(FeatureInfo(name=name, kind="number") for name in ("c", "own", "a"))
    return FeatureMatrix(folder=str(tmp_path), name="fold-1", features=features, places=(2, -1, 0), weighted=True)


def test_columns_come_from_the_base_and_from_its_own_file(matrix: FeatureMatrix) -> None:
    """What all folds share stands once; the rest beside it."""
    expected = np.column_stack([BASE[:, 2], OWN[:, 0], BASE[:, 0]])
    np.testing.assert_array_equal(matrix.everything().values, expected)
    np.testing.assert_array_equal(matrix.valid().values, expected[[1, 3]])
    np.testing.assert_array_equal(matrix.at(np.array([9, 0])).values, expected[[9, 0]])


def test_rows_bring_target_and_weight(matrix: FeatureMatrix) -> None:
    """Each in the order of the rows."""
    fit = matrix.fit()
    np.testing.assert_array_equal(fit.y, [0.0, 2.0, 4.0, 6.0, 8.0])
    assert fit.weight is not None
    np.testing.assert_allclose(fit.weight, np.linspace(1.0, 2.0, 10)[[0, 2, 4, 6, 8]])


def test_a_larger_sample_holds_a_smaller_one(matrix: FeatureMatrix) -> None:
    """Losses on rungs compare, since what learned from few rows has seen none that the others lack."""
    two, four = (set(matrix.fit_rows(sample).tolist()) for sample in (2, 4))
    assert len(two) == 2
    assert two < four < {0, 2, 4, 6, 8}
    assert len(matrix.valid(1).y) == 1
    assert matrix.fit(99).y.tolist() == matrix.fit().y.tolist()
