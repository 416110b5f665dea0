"""The layers hold, and a planted violation breaks them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLANTED = [  # a line that is put into a file, and the contract that it breaks
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
]
LINT = Path(sys.executable).with_name("lint-imports")


def _lint(root: Path) -> str:
    """What `lint-imports` says of the tree at `root`; the cache is that of the tree."""
    done = subprocess.run([LINT], cwd=root, capture_output=True, check=False, text=True)
    return done.stdout if done.returncode else ""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, str]]:
    """What is said of each broken contract, for each planted line: in a copy of the source stands one of a contract."""
    said, left = {}, list(PLANTED)
    while left:
        planted = list({contract: (file, line, contract) for file, line, contract in reversed(left)}.values())
        broken = _broken(_lint(_tree(tmp_path_factory.mktemp("planted"), planted)))
        said |= dict.fromkeys(planted, broken)
        left = [each for each in left if each not in planted]
    return said


def _tree(place: Path, planted: Iterable[tuple[str, str, str]]) -> Path:
    """A copy of the source, broken."""
    shutil.copytree(ROOT / "automl", place / "automl", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    for file, line, _ in planted:
        with (place / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    return place


def _broken(said: str) -> dict[str, str]:
    """What stands below the name of each broken contract."""
    parts = re.split(r"^(.+)\n-+\n", said.partition("Broken contracts\n")[2], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_layers_hold() -> None:
    """Imports go down only, in no cycle; what ships does not train; each heavy library has one home."""
    assert _lint(ROOT) == ""


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_a_planted_violation_breaks_them(
    file: str, line: str, contract: str, found: dict[tuple[str, str, str], dict[str, str]]
) -> None:
    """An import that goes up, round, or out of its home is found, and named below its contract."""
    path = Path(file)
    names = f"{path.stem}|{path.parent.name}"  # where a room has a cycle, the folder is named
    told = {name: text for name, text in found[file, line, contract].items() if name.startswith(contract)}
    assert any(re.search(rf"\.({names}) ->|- automl\.{path.stem}$", text, re.MULTILINE) for text in told.values()), told
