"""score.py stands alone and says what everything else says."""

from __future__ import annotations

import ast
import csv
import subprocess
import sys

from automl.bundle.read import Bundle
from automl.bundle.score_text import score_text

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"automl", "polars", "pandas", "pydantic", "narwhals", "onnx", "sklearn"}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import runpy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_score_py_needs_little():
    """The text compiles and imports the standard library, numpy and onnxruntime, nothing else."""
    modules = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(score_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert modules - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}


def test_score_py_equals_predict(bundle, raw, tmp_path):
    """The script beside the bundle, without automl in reach, writes what `Bundle.predict` says, digit for digit."""
    raw.write_csv(tmp_path / "in.csv")
    command = [sys.executable, "-c", ALONE, bundle / "score.py", tmp_path / "in.csv", "-o", tmp_path / "out.csv"]
    subprocess.run(command, check=True)
    answer = Bundle.load(bundle).predict(raw)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == answer.columns
    assert rows[1:] == [[key, repr(p), str(decision), repr(cost)] for key, p, decision, cost in answer.iter_rows()]
