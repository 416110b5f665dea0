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
SUITE = """
import pytest
options = ["-q", "-rA", "-W", "error", "-p", "no:cacheprovider", "--import-mode=importlib", "--pyargs"]
assert pytest.main([*options, {arguments}]) == 0
"""
FIT = """
import numpy as np, polars as pl
from dataclasses import replace
from automl import fit
from automl.engines.base import engines
from automl.spec import parse
draw = np.random.default_rng(0)
x, z = draw.normal(size=(2, 700))
rows = pl.DataFrame({"x": x, "z": z, "y": 50 + 10 * np.maximum(x, z) + draw.normal(size=700)})
spec = {
    "objective": {"target": "y"},
    "budget": {"time": "120s", "trials": 1, "workers": 1, "executor": "inline"},
    "recipe": {"name": "quick", "folds": 2, "members": 1, "learners": ["extra_trees"], "feature_search": 0.0},
}
told, asked = [], []
def fitted(**sections):
    given = {name: values | sections.get(name, {}) for name, values in spec.items()}
    limits = {"limits": sections["limits"]} if "limits" in sections else {}
    return fit(parse(given | limits), train=rows[:500], test=rows[500:], out="fit.bundle", listener=told.append)
def spied(name):
    own = engines.get(name)
    engines.all[name] = replace(own, start=lambda *given: asked.append(name) or own.start(*given))
"""
BUNDLE = """
from pathlib import Path
from automl import cli
from automl.testing._bundle import small_bundle
bundle = str(small_bundle(Path("small.bundle").absolute()))
"""
CELL = """
from pathlib import Path
import numpy as np, polars as pl
from automl.bench.cell import Cell
from automl.bench.entrants import Stage, run_entrant
from automl.bench.rivals import folder
from automl.bench.sets import Sets
here = Path.cwd()
(here / "scratch").mkdir()
rows = pl.DataFrame({"x": np.arange(80.0), "y": np.arange(80.0) % 7})
rows.head(60).write_parquet("train.parquet")
rows.tail(20).write_parquet("test.parquet")
Path("task.toml").write_text('name = "sevens"\\nkind = "regression"\\ntarget = "y"\\nmetric = "rmse"\\n')
stage = Stage(sets=Sets(cache=here), rivals=folder(), cache=here)
record = run_entrant(Cell(task=str(here), entrant="rival:mean", budget=5.0, seed=0), stage, here / "scratch")
assert record["failure"] is None, record
assert 1.5 < record["scores"]["rmse"] < 2.5
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of plugin: its suite, the page's example, and a use of it that fails if it is not the one that is used."""

    suite: str
    file: str
    use: str

    @property
    def name(self) -> str:
        """The plugin's name: that of its file."""
        return Path(self.file).stem

    @property
    def group(self) -> str:
        """The group of its entry points: its folder as a module."""
        return "automl.bench.rivals" if self.suite == "rivals" else str(Path(self.file).parent).replace("/", ".")


KINDS = [
    Kind(
        suite="metrics",
        file="automl/metrics/within_tenth.py",
        use=f"""{FIT}
scores = fitted(objective={{"metric": "within_tenth"}}).judgement.scores
assert scores[0].metric == "within_tenth"
assert 0.5 < scores[0].value <= 1.0
""",
    ),
    Kind(
        suite="gates",
        file="automl/gates/opening.py",
        use=f"""{FIT}
kept = {{gate.gate: gate for gate in fitted(limits={{"custom": {{"opening": 60}}}}).gates}}
assert (kept["opening"].ok, kept["opening"].limit) == (True, 60.0)
""",
    ),
    Kind(
        suite="steps",
        file="automl/features/steps/size.py",
        use=f"""{FIT}
assert {{"x: size", "z: size"}} <= {{feature.name for feature in fitted().bundle.manifest.features}}
""",
    ),
    Kind(
        suite="joints",
        file="automl/features/joint/larger.py",
        use=f"""{FIT}
found = fitted(recipe={{"feature_search": 0.5}})
assert "larger" in {{event.facts.get("group") for event in told}}
""",
    ),
    Kind(
        suite="learners",
        file="automl/learners/plane.py",
        use=f"""{FIT}
board = fitted(recipe={{"learners": ["plane"]}}).board
assert ("plane", "ok") in {{(trial.learner, trial.status) for trial in board.trials}}
""",
    ),
    Kind(
        suite="engines",
        file="automl/engines/one_by_one.py",
        use=f"""{FIT}
spied("one_by_one")
fitted(recipe={{"engine": "one_by_one"}}, budget={{"trials": 3}})
assert asked
""",
    ),
    Kind(
        suite="executors",
        file="automl/executors/threads.py",
        use=f"""{FIT}
assert fitted(budget={{"executor": "threads"}}).board.weights
""",
    ),
    Kind(
        suite="exporters",
        file="automl/deploy/export/columns.py",
        use=f"""{BUNDLE}
assert cli.run(["export", bundle, "--to", "columns", "-o", "columns.txt"]) == 0
assert Path("columns.txt").read_text().splitlines()[:2] == ["age", "income"]
""",
    ),
    Kind(suite="rivals", file="benchmarks/rivals/mean.py", use=CELL),
    Kind(
        suite="commands",
        file="automl/cli/commands/inputs.py",
        use=f'{BUNDLE}\nassert cli.run(["inputs", bundle]) == 0\n',
    ),
]
TOGETHER = f"""{FIT}
spied("one_by_one")
found = fitted(
    objective={{"metric": "within_tenth"}},
    limits={{"custom": {{"opening": 60}}}},
    recipe={{"learners": ["plane"], "engine": "one_by_one"}},
    budget={{"trials": 2, "executor": "threads"}},
)
assert found.judgement.scores[0].metric == "within_tenth"
assert "opening" in {{gate.gate for gate in found.gates}}
assert "x: size" in {{feature.name for feature in found.bundle.manifest.features}}
assert "plane" in {{trial.learner for trial in found.board.trials}}
assert asked
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source to add to."""
    for folder in ("automl", "benchmarks/rivals", "recipes"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def python(place: Path, program: str) -> str:
    """What a fresh Python says that finds modules at `place` first."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout


def suite_of(*kinds: Kind, only: tuple[str, ...] = ()) -> str:
    """A program that runs the suites of these kinds, whole or for those plugins only."""
    words = [f"automl.testing.{kind.suite}" for kind in kinds]
    return SUITE.format(arguments=", ".join(map(repr, [*words, *(("-k", " or ".join(only)) if only else ())])))


def assert_tested(kind: Kind, said: str) -> None:
    """There are green tests of the plugin among those that ran."""
    assert re.search(rf"^PASSED .*\[.*\b{kind.name}\b", said, re.MULTILINE), said[-2_000:]


def test_the_page_shows_one_of_each_kind() -> None:
    """Each block stands here with a use of it, and each suite has one."""
    assert sorted(CODE) == sorted(kind.file for kind in KINDS)
    suites = {path.stem for path in (ROOT / "automl" / "testing").glob("[a-z]*.py")}
    assert suites == {kind.suite for kind in KINDS}


@pytest.mark.timeout(600)  # a suite and a fit, on a machine that may be busy
@pytest.mark.slow  # from another package all kinds are there at once, in `make test`
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.suite)
def test_in_its_folder(kind: Kind, tree: Path) -> None:
    """One file more in the folder of its kind, and nothing else: the suite of the folder is green, and it works."""
    (tree / kind.file).write_text(CODE[kind.file], encoding="utf-8")
    slow = kind.suite in {"learners", "joints"}  # the others take a minute there, and have their turn in their rooms
    assert_tested(kind, python(tree, suite_of(kind, only=(kind.name,) if slow else ()) + kind.use))


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """An installed package that brings one plugin of each kind by entry points."""
    (tmp_path / "theirs").mkdir()
    about = tmp_path / "theirs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", encoding="utf-8")
    named = [f"[{kind.group}]\n{kind.name} = theirs.{kind.name}\n" for kind in KINDS]
    (about / "entry_points.txt").write_text("\n".join(named), encoding="utf-8")
    for kind in KINDS:
        (tmp_path / "theirs" / f"{kind.name}.py").write_text(CODE[kind.file], encoding="utf-8")
    return tmp_path


@pytest.mark.timeout(600)  # as above
def test_from_another_package(theirs: Path) -> None:
    """All by entry points: each keeps its contract, and one fit is made with those that take part in one."""
    said = python(theirs, suite_of(*KINDS, only=tuple(kind.name for kind in KINDS)) + TOGETHER)
    for kind in KINDS:
        assert_tested(kind, said)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if FIT not in kind.use], ids=lambda kind: kind.suite)
def test_called_from_another_package(kind: Kind, theirs: Path) -> None:
    """What takes part in no fit: an export, a cell of a benchmark, a command."""
    python(theirs, kind.use)


def test_a_package_that_cannot_be_imported_is_named(theirs: Path) -> None:
    """The message says which plugin of which group it is, and why."""
    (theirs / "theirs" / "opening.py").write_text("import no_such_library\n", encoding="utf-8")
    program = """
from automl.errors import MachineError
from automl.gates.base import gates
try:
    gates.all
except MachineError as error:
    print(error)
"""
    said = python(theirs, program)
    assert "automl.gates (theirs.opening): the plugin 'opening' cannot be imported: ModuleNotFoundError" in said
