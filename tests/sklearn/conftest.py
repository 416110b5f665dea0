"""Estimators whose fit is as cheap as one can be: one trial of one linear model, no report."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.sklearn import AutoMLClassifier, AutoMLRegressor

CHEAP: dict[str, Any] = {
    "recipe": {"name": "quick", "folds": 2, "learners": ["linear"], "feature_search": 0, "members": 1},
    "n_jobs": 1,
    "spec": {"budget": {"trials": 1, "executor": "inline"}, "report": {"html": False}},
}
N = 160


def rows(n: int = N, seed: int = 0) -> pl.DataFrame:
    """Two numbers with gaps, a category, and what a mistake costs."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    return pl.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.1, np.nan, size),
            "age": rng.integers(18, 80, n),
            "town": rng.choice(["York", "Bath", "Ely"], n),
            "amount": rng.gamma(2.0, 20.0, n),
            "seen": (size + rng.normal(scale=0.7, size=n)) > 0,
        }
    )


@pytest.fixture(scope="session")
def frame() -> pl.DataFrame:
    """Features alone."""
    return rows().drop("seen")


@pytest.fixture(scope="session")
def labels() -> np.ndarray:
    """The labels of those rows."""
    return np.where(rows()["seen"], "paid", "lost")


@pytest.fixture(scope="session")
def classifier(frame: pl.DataFrame, labels: np.ndarray) -> AutoMLClassifier:
    """Fitted on those rows, with costs that name a column."""
    costs = {"false_positive": 30, "false_negative": "amount", "currency": "EUR"}
    return AutoMLClassifier(costs=costs, **CHEAP).fit(frame, labels)


@pytest.fixture(scope="session")
def regressor(frame: pl.DataFrame) -> AutoMLRegressor:
    """Fitted to predict the amount."""
    return AutoMLRegressor(**CHEAP).fit(frame.drop("amount"), frame["amount"])
