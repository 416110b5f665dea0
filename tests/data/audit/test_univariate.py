"""Columns scored by their bins, out of sample."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from automl.data.audit.univariate import auc, binned, is_missing, joint_score, univariate_score
from automl.task import Task

N = 6_000
DRAW = np.random.default_rng(5)
A, B = DRAW.normal(size=N), DRAW.normal(size=N)
BINARY, REGRESSION = Task(kind="binary", classes=2), Task(kind="regression")


def test_auc_is_that_of_the_books() -> None:
    """The area equals scikit-learn's, ties included; of one class it is a half."""
    y, score = (A > 0).astype(float), np.round(A + B, 1)
    assert auc(score, y) == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert auc(score, np.ones(N)) == 0.5


def test_together_is_more_than_each() -> None:
    """Two columns predict their sum better than one; noise and levels without meaning predict nothing."""
    frame = pl.DataFrame({"a": A, "b": B})
    assert joint_score(frame, A + B, REGRESSION) > 0.95
    assert univariate_score(frame["a"], A + B, REGRESSION) == pytest.approx(0.5, abs=0.06)
    y = (DRAW.random(N) < 0.3).astype(float)
    wild = pl.DataFrame({f"n{i}": DRAW.normal(size=N) for i in range(60)} | {"id": [f"i{i}" for i in range(N)]})
    assert joint_score(wild, y, BINARY) == pytest.approx(0.5, abs=0.05)
    assert joint_score(pl.DataFrame(), y, BINARY) == 0.5


def test_together_of_classes() -> None:
    """Of classes it is the accuracy."""
    y = (A > 0) * 2.0 + (B > 0)
    assert joint_score(pl.DataFrame({"a": A, "b": B}), y, Task(kind="multiclass", classes=4)) > 0.9


def test_far_values() -> None:
    """One far value makes no line: it is left out; a close line with far values is one."""
    far = A.copy()
    y = B.copy()
    far[0] = y[0] = 1e9
    assert univariate_score(pl.Series(far), y, REGRESSION) < 0.1
    heavy = np.exp(2 * A)
    assert univariate_score(pl.Series(heavy + B * 0.05 * heavy.std()), heavy, REGRESSION) > 0.95


def test_missing() -> None:
    """Missing is NaN of a number and the empty text."""
    assert is_missing(pl.Series([1.0, float("nan")])).tolist() == [False, True]
    assert is_missing(pl.Series(["", "a"])).tolist() == [True, False]


def test_equal_values_share_a_bin() -> None:
    """Bins part no equal values: where they did, the bin of a frequent value told the row's place in the file."""
    values = pl.Series(np.concatenate([np.full(5_000, -1.0), np.arange(1_000.0), [np.nan]]))
    code = binned(values)
    assert np.unique(code[:5_000]).size == 1
    assert code[-1] == code.max() > code[-2]
    assert (np.diff(code[5_000:6_000]) >= 0).all()
