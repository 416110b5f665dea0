"""What steps of the features are fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Fold
from automl.features.base import Fitted, Sample
from automl.ops.bulk import evaluate
from automl.task import Task


@pytest.fixture
def make_column() -> Callable[..., Column]:
    """A feature column by name and wire."""

    def make(name: str, wire: str = "number", **more: str) -> Column:
        return Column(name=name, wire=wire, role="feature", reason="", is_feature=True, reader={}, **more)

    return make


@pytest.fixture
def make_sample() -> Callable[..., Sample]:
    """Rows that a step is fitted on; the target is 0 where none is given, the task binary."""

    def make(frame: pl.DataFrame, y: Sequence[float] | None = None, **more: object) -> Sample:
        target = np.zeros(frame.height) if y is None else np.asarray(y, dtype=float)
        said = {"weight": None, "task": Task(kind="binary", classes=2), "folds": (), "seed": 0} | more
        return Sample(frame=frame, y=target, **said)

    return make


@pytest.fixture
def values_on() -> Callable[[Fitted, pl.DataFrame], np.ndarray]:
    """What the expression of a feature gives on rows [n]."""

    def compute(found: Fitted, rows: pl.DataFrame) -> np.ndarray:
        return np.asarray(evaluate({"x": found.feature.expr}, rows)["x"])[:, 0]

    return compute


@pytest.fixture
def halves() -> Callable[[int], tuple[Fold, ...]]:
    """Two folds over `n` rows: the even ones are predicted from the odd ones, and the odd ones from the even ones."""

    def make(n: int) -> tuple[Fold, ...]:
        even, odd = np.arange(0, n, 2), np.arange(1, n, 2)
        return Fold(fit=odd, valid=even), Fold(fit=even, valid=odd)

    return make
