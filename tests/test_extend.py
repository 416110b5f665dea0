"""Extending is true: each plugin of the page, in its folder or from another package, keeps its contract and works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "howto" / "extend.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^`(?P<file>\S+\.py)`:\n\n```python\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
CODE = {found["file"]: found["code"] for found in BLOCK.finditer(PAGE)}
FIT = """
import numpy as np, polars as pl
from dataclasses import replace
from automl import fit
from automl.spec import parse
draw = np.random.default_rng(0)
x, z = draw.normal(size=(2, 700))
rows = pl.DataFrame({"x": x, "z": z, "y": 50 + 10 * np.maximum(x, z) + draw.normal(size=700)})
spec = {
    "objective": {"target": "y"},
    "budget": {"time": "120s", "trials": 1, "workers": 1, "executor": "inline"},
    "recipe": {"name": "quick", "folds": 2, "members": 1, "learners": ["extra_trees"], "feature_search": 0.0},
}
told = []
def fitted(**sections):
    given = {name: values | sections.get(name, {}) for name, values in spec.items()}
    limits = {"limits": sections["limits"]} if "limits" in sections else {}
    return fit(parse(given | limits), train=rows[:500], test=rows[500:], out="fit.bundle", listener=told.append)
"""
BUNDLE = """
from pathlib import Path
from automl import cli
from automl.testing._bundle import small_bundle
bundle = str(small_bundle(Path("small.bundle").absolute()))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of plugin: its suite, the page's example with the group of its entry point, and a use of it."""

    suite: str
    file: str
    use: str
    group: str = ""

    @property
    def name(self) -> str:
        """The plugin's name: that of its file."""
        return Path(self.file).stem

    @property
    def entry(self) -> str:
        """The group of entry points: the folder as a module, if nothing else is said."""
        return self.group or str(Path(self.file).parent).replace("/", ".")


KINDS = [
    Kind(
        suite="metrics",
        file="automl/metrics/within_tenth.py",
        use=FIT + 'assert "within_tenth" in {s.metric for s in fitted(objective={"metric": "within_tenth"}).scores}',
    ),
    Kind(
        suite="gates",
        file="automl/gates/opening.py",
        use=FIT
        + 'kept = {g.gate: (g.ok, g.limit) for g in fitted(limits={"custom": {"opening": 60}}).gates}\n'
        + 'assert kept["opening"] == (True, 60.0)\n',
    ),
    Kind(
        suite="steps",
        file="automl/features/steps/size.py",
        use=FIT + 'assert {"x: size", "z: size"} <= {f.name for f in fitted().bundle.manifest.features}',
    ),
    Kind(
        suite="joints",
        file="automl/features/joint/larger.py",
        use=FIT
        + 'found = fitted(recipe={"feature_search": 0.5})\n'
        + 'assert "larger" in {e.facts.get("group") for e in told}\n',
    ),
    Kind(
        suite="learners",
        file="automl/learners/plane.py",
        use=FIT
        + 'found = fitted(recipe={"learners": ["plane"]})\n'
        + 'assert ("plane", "ok") in {(t.learner, t.status) for t in found.board.trials}\n',
    ),
    Kind(
        suite="engines",
        file="automl/engines/one_by_one.py",
        use=FIT
        + "from automl.engines.base import engines\n"
        + 'own, started = engines.get("one_by_one"), []\n'
        + 'engines.all["one_by_one"] = replace(own, start=lambda *a: started.append(a) or own.start(*a))\n'
        + 'fitted(recipe={"engine": "one_by_one"}, budget={"trials": 3})\n'
        + "assert started\n",
    ),
    Kind(
        suite="executors",
        file="automl/executors/threads.py",
        use=FIT + 'assert fitted(budget={"executor": "threads"}).board.weights',
    ),
    Kind(
        suite="exporters",
        file="automl/deploy/export/columns.py",
        use=BUNDLE
        + 'assert cli.run(["export", bundle, "--to", "columns", "-o", "columns.txt"]) == 0\n'
        + 'assert Path("columns.txt").read_text().splitlines()[:2] == ["age", "income"]\n',
    ),
    Kind(
        suite="rivals",
        file="benchmarks/rivals/mean.py",
        group="automl.bench.rivals",
        use="""
from pathlib import Path
from automl import examples
from automl.bench.cell import Cell
from automl.bench.entrants import Stage, run_entrant
from automl.bench.rivals import folder
from automl.bench.sets import Sets
task = Path("task").absolute()
task.mkdir()
(task / "task.toml").write_text('target = "y"\\n[data]\\n')
""",
    ),
    Kind(
        suite="commands",
        file="automl/cli/commands/inputs.py",
        use=BUNDLE + 'assert cli.run(["inputs", bundle]) == 0\n',
    ),
]
every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.suite)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source to add to."""
    for folder in ("automl", "benchmarks/rivals", "recipes"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def python(place: Path, *arguments: str) -> str:
    """What a fresh Python says that finds modules at `place` first."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout


def assert_kept(kind: Kind, place: Path) -> None:
    """The suite of its kind is green, with tests of its own in it, and a use of the plugin works."""
    words = () if kind.suite != "learners" else ("-k", kind.name)  # all others take a minute, and have their turn
    options = ("-q", "-rA", "-W", "error", "-p", "no:cacheprovider", "--import-mode=importlib")
    said = python(place, "-m", "pytest", *options, *words, "--pyargs", f"automl.testing.{kind.suite}")
    assert re.search(rf"^PASSED .*\[{kind.name}\b", said, re.MULTILINE), said[-2_000:]
    python(place, "-c", kind.use)


def test_the_page_shows_one_of_each_kind() -> None:
    """Each block stands here with a use of it."""
    assert sorted(CODE) == sorted(kind.file for kind in KINDS)


@every
def test_in_its_folder(kind: Kind, tree: Path) -> None:
    """One file more in the folder of its kind, and nothing else."""
    (tree / kind.file).write_text(CODE[kind.file], encoding="utf-8")
    assert_kept(kind, tree)


@every
def test_from_another_package(kind: Kind, tmp_path: Path) -> None:
    """An installed package names the module under the group of its kind."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / f"{kind.name}.py").write_text(CODE[kind.file], encoding="utf-8")
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", encoding="utf-8")
    named = f"[{kind.entry}]\n{kind.name} = theirs.{kind.name}\n"
    (about / "entry_points.txt").write_text(named, encoding="utf-8")
    assert_kept(kind, tmp_path)
