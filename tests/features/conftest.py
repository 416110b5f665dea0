"""What every step of the features is held to, and what it is fitted on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Fold
from automl.features.base import Fitted, Sample
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task


@pytest.fixture
def graph_agrees() -> Callable[[Sequence[Fitted], pl.DataFrame], None]:
    """Asserts that the graph gives the features of `rows` as polars and numpy do, to 1e-9, and nothing infinite."""

    def compare(found: Sequence[Fitted], rows: pl.DataFrame) -> None:
        exprs = {str(j): one.feature.expr for j, one in enumerate(found)}
        inputs = {part.name: part for part in ops.walk(*exprs.values()) if isinstance(part, ops.Column)}
        session = open_session(to_onnx(exprs, inputs=list(inputs.values())))
        expected = evaluate(exprs, rows)
        chunks = [session.run({leaf: chunk[leaf].to_numpy() for leaf in inputs}) for chunk in rows.iter_slices(1_000)]
        for key, one in zip(exprs, found, strict=True):
            computed, name = np.concatenate([chunk[key] for chunk in chunks]), one.feature.name
            assert not np.isinf(computed).any(), name
            scale = np.maximum(1.0, np.nan_to_num(np.abs(expected[key])))
            np.testing.assert_allclose(computed / scale, expected[key] / scale, rtol=0, atol=1e-9, err_msg=name)

    return compare


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
