"""Running a graph."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from automl.errors import BundleError, DataError
from automl.graph.onnx import to_onnx
from automl.graph.session import Session, open_session
from automl.ops import expr as ops
from automl.ops.expr import Column

AGE, JOB = Column("age"), Column("job", "text")


@pytest.fixture(scope="module")
def session() -> Session:
    """A graph of a number and a text."""
    outputs = {"next": ops.Add(AGE, ops.constant(1)), "clerk": ops.AsNumber(ops.EqualText(JOB, "clerk"))}
    return open_session(to_onnx(outputs, inputs=[AGE, JOB], metadata={"protocol": "1"}))


def test_columns_may_lie_or_stand_and_come_in_any_order(session: Session) -> None:
    """V04: columns are taken by name, [N] or [N, 1]; further ones are ignored."""
    jobs = np.array(["clerk", ""], dtype=object)
    result = session.run({"job": jobs, "age": np.array([[1.0], [np.nan]]), "else": jobs})
    np.testing.assert_array_equal(result["next"], [[2.0], [np.nan]])
    assert result["clerk"].tolist() == [[1.0], [0.0]]


def test_a_missing_column_is_named(session: Session) -> None:
    """V04: a column that the graph needs and does not get is a data error that names it."""
    with pytest.raises(DataError, match="'job'"):
        session.run({"age": np.array([1.0])})


def test_single_outputs_can_be_asked_for(session: Session) -> None:
    """Only what is asked for comes back."""
    assert list(session.run({"age": np.array([1.0]), "job": np.array(["a"], dtype=object)}, ["next"])) == ["next"]
    assert session.outputs == ("next", "clerk")
    assert session.metadata["protocol"] == "1"


def test_what_is_refused_is_not_opened() -> None:
    """B10: bytes that are no graph of ours end with a bundle error."""
    with pytest.raises(BundleError):
        open_session(b"\x0a\x02no graph")


def test_scoring_needs_neither_onnx_nor_what_trains() -> None:
    """Opening a graph imports ONNX Runtime and numpy; onnx, polars and the learners stay out."""
    script = (
        "import sys; from automl.graph.session import open_session; import onnxruntime;"
        "print(*sorted({'onnx', 'polars', 'sklearn', 'lightgbm', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
