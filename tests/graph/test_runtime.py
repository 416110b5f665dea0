"""ONNX Runtime runs graphs, and does nothing else: no telemetry, no files in the home of who runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automl.bundle.read import Bundle
from automl.graph.onnx import to_onnx
from automl.graph.runtime import SWITCH, open_runtime
from automl.ops import expr as ops
from automl.testing._bundle import small_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with rows to score beside it."""
    return small_bundle(tmp_path_factory.mktemp("telemetry") / "small.bundle")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def run(arguments: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """What a process says that has this home, and never heard of the switch."""
    told = {key: value for key, value in os.environ.items() if key != SWITCH and not key.startswith("XDG_")}
    done = subprocess.run(
        arguments, env={**told, "HOME": str(home)}, cwd=home.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_graph_runs_on_one_thread() -> None:
    """With and without an arena of memory the answers are the same bits."""
    column = ops.Column("x")
    model = to_onnx({"y": ops.Add(column, ops.constant(1.0))}, inputs=[column])
    values = {"x": np.arange(3.0).reshape(-1, 1)}
    one, other = (open_runtime(model, arena=arena).run(None, values) for arena in (True, False))
    assert one[0].tolist() == other[0].tolist() == [[1.0], [2.0], [3.0]]


def test_an_empty_home_stays_empty(bundle: Path, home: Path) -> None:
    """Predict, verify, the stand-alone scorer and an embedding program leave nothing behind."""
    rows, out = home.parent / "rows.csv", home.parent / "scored.csv"
    needed = Bundle.load(bundle).needed
    rows.write_text(",".join(needed) + "\n" + ",".join("1" for _ in needed) + "\n", encoding="utf-8")
    run([sys.executable, "-m", "automl", "predict", str(bundle), str(rows), "-o", str(out)], home)
    run([sys.executable, "-m", "automl", "verify", str(bundle)], home)
    run([sys.executable, str(bundle / "score.py"), str(rows), "-o", str(out)], home)
    run([sys.executable, "-c", f"import automl; print(automl.Bundle.load({str(bundle)!r}).needed)"], home)
    assert list(home.rglob("*")) == []


def test_a_program_that_was_earlier_is_warned(bundle: Path, home: Path) -> None:
    """Who imports the library first has its telemetry on: we say what to set; who has set it hears nothing."""
    program = f"import onnxruntime, automl; automl.Bundle.load({str(bundle)!r})"
    assert f"set {SWITCH}=1" in run([sys.executable, "-W", "always", "-c", program], home).stderr
    careful = f"import os; os.environ[{SWITCH!r}] = '1'; {program}"
    assert run([sys.executable, "-W", "error", "-c", careful], home).stderr == ""
