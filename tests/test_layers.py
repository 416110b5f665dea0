"""The layers hold, and a planted violation breaks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def _lint(root: Path) -> str:
    """What `lint-imports` says of the tree at `root`; the cache is that of the tree."""
    done = subprocess.run([LINT], cwd=root, capture_output=True, check=False, text=True)
    return done.stdout if done.returncode else ""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source to break."""
    shutil.copytree(ROOT / "automl", tmp_path / "automl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold() -> None:
    """Imports go down only, in no cycle; what ships does not train; each heavy library has one home."""
    assert _lint(ROOT) == ""


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("automl/errors.py", "from automl.task import Task", "imports go down only"),
        ("automl/data/rows.py", "from automl.ops.expr import Expr", "imports go down only"),
        ("automl/upstairs.py", "", "imports go down only"),
        ("automl/spec/units.py", "from automl.spec.model import Spec", "no room has a cycle"),
        ("automl/data/read/frames.py", "from automl.data.infer.column_types import guess", "no room has a cycle"),
        ("automl/decide/costs/cost_matrix.py", "import automl.decide.policy.label_policy", "no room has a cycle"),
        ("automl/search/worker/fold_fit.py", "from automl.search.schedule.jobs import memory", "no room has a cycle"),
        ("automl/deploy/batch.py", "import automl.learners.base", "what ships never imports what trains"),
        ("automl/bundle/read.py", "def f():\n    import sklearn", "what ships never imports what trains"),
        ("automl/pipeline/fit.py", "import onnx", "only graph imports onnx"),
        ("automl/search/leaderboard.py", "import flaml", "only engines.flaml imports flaml"),
        ("automl/learners/constant.py", "import lightgbm", "only learners.lightgbm imports lightgbm"),
        ("automl/report/console.py", "import click", "only cli and the contract of commands import click"),
        ("automl/search/loop.py", "import pytest", "only testing imports pytest"),
        ("automl/cli/options.py", "import automl.testing.metrics", "imports go down only"),
    ],
)
def test_a_planted_violation_breaks_them(file: str, line: str, contract: str, tree: Path) -> None:
    """An import that goes up, round, or out of its home is found."""
    with (tree / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    said = _lint(tree)
    assert any(part.startswith(contract) and " BROKEN" in part for part in said.splitlines()), said
