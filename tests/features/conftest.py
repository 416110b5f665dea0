"""What every step of the features is held to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from automl.features.base import Fitted
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops import expr as ops
from automl.ops.bulk import evaluate


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
