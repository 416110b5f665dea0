"""ONNX Runtime runs graphs, and does nothing else: no telemetry, no files in the home of who runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

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


HARMFUL = """
import sys
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from automl.graph.runtime import open_runtime

tree = dict(nodes_splits=[0.5], nodes_featureids=[0], nodes_modes=[0], nodes_truenodeids=[0], nodes_trueleafs=[1],
            nodes_falsenodeids=[1], nodes_falseleafs=[1], leaf_targetids=[0, 0], leaf_weights=[1.0, 2.0],
            tree_roots=[0], n_targets=1)

def ensemble(changes):
    kept = tree | changes
    for name in ("nodes_splits", "leaf_weights"):
        kept[name] = numpy_helper.from_array(np.array(kept[name], dtype=np.float64), name)
    kept["nodes_modes"] = numpy_helper.from_array(np.array(kept["nodes_modes"], dtype=np.uint8), "nodes_modes")
    return helper.make_node("TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", **kept)

def ended(node, *constants):
    ends = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None, 1]) for name in "xy"]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], constants)
    versions = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=10).SerializeToString()
    try:
        return open_runtime(model).run(None, {"x": np.zeros((3, 1))})[0].tolist()
    except Exception:
        return "refused"

print(ended(ensemble({})))
for changes in ({"tree_roots": [9]}, {"tree_roots": [2**40]}, {"nodes_trueleafs": [0], "nodes_truenodeids": [7]},
                {"nodes_falsenodeids": [9]}, {"nodes_falsenodeids": [-1]}, {"leaf_targetids": [0, 5]}):
    print(ended(ensemble(changes)))
for index in (1, -2, 2**40):
    picked = numpy_helper.from_array(np.array([index]), "i")
    print(ended(helper.make_node("Gather", ["x", "i"], ["y"], axis=1), picked))
"""


def test_the_oldest_runtime_that_is_asked_for_has_bounds() -> None:
    """B09: from 1.30 on no tree is followed out of its arrays, nor a table; ours is one of these."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (need,) = (need for need in map(Requirement, project["dependencies"]) if need.name == "onnxruntime")
    assert not need.specifier.contains("1.29.99")
    done = subprocess.run([sys.executable, "-P", "-c", HARMFUL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[[1.0], [1.0], [1.0]]"] + ["refused"] * 9


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
