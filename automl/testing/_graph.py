"""Features as the graph computes them, beside what training saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from automl.features.base import Fitted
from automl.graph.onnx import to_onnx
from automl.graph.session import Session, open_session
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

CHUNK = 1_000


def assert_graph_agrees(found: Sequence[Fitted], rows: pl.DataFrame) -> None:
    """The graph gives the features of `rows` as polars and numpy do, to 1e-9, and nothing infinite."""
    session, leaves = graph_of(found)
    expected = evaluate({str(j): one.feature.expr for j, one in enumerate(found)}, rows)
    chunks = [session.run({leaf: chunk[leaf].to_numpy() for leaf in leaves}) for chunk in rows.iter_slices(CHUNK)]
    for j, one in enumerate(found):
        computed, wanted = np.concatenate([chunk[str(j)] for chunk in chunks]), np.asarray(expected[str(j)])
        assert not np.isinf(computed).any(), one.feature.name
        scale = np.maximum(1.0, np.nan_to_num(np.abs(wanted)))
        np.testing.assert_allclose(computed / scale, wanted / scale, rtol=0, atol=1e-9, err_msg=one.feature.name)


def graph_of(found: Sequence[Fitted]) -> tuple[Session, tuple[str, ...]]:
    """A graph whose outputs are the features, called by their places, and the columns that it reads."""
    exprs = {str(j): one.feature.expr for j, one in enumerate(found)}
    inputs = {part.name: part for part in ops.walk(*exprs.values()) if isinstance(part, ops.Column)}
    return open_session(to_onnx(exprs, inputs=list(inputs.values()))), tuple(inputs)
