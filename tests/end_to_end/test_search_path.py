"""Nothing that lies in the current folder, or beside a bundle, runs when a command does."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

from automl import cli, examples

PLANTED = (
    "automl",
    "csv",
    "json",
    "numpy",
    "onnxruntime",
    "pathlib",
    "polars",
    "random",
    "sitecustomize",
    "tempfile",
)
TRAP = "import os\nopen(os.environ['TRAP'], 'a').write(__name__ + '\\n')\nraise SystemExit(99)\n"
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check", "spec.toml"),
    (
        "fit",
        "spec.toml",
        "--recipe",
        "quick",
        "--write-anyway",
        "--set",
        "budget.trials=1",
        "--set",
        "budget.workers=2",
        "--set",
        "recipe.feature_search=0",
    ),
    ("show", "spec.bundle"),
    ("verify", "spec.bundle"),
    ("gates", "spec.bundle"),
    ("predict", "spec.bundle", "test.csv", "-o", "out.csv", "--workers", "2"),
    ("decide", "spec.bundle", "--set", "objective.costs.false_positive=90", "-o", "other.bundle", "--write-anyway"),
    ("retrain", "spec.bundle", "--data", "test.csv", "--dry-run"),
    ("export", "spec.bundle", "--to", "zip", "-o", "spec.zip"),
    ("export", "spec.bundle", "--to", "c", "-o", "c"),
    ("export", "spec.bundle", "--to", "docker", "-o", "docker"),
    ("register", "spec.bundle", "models/tiny"),
    ("promote", "models/tiny"),
    ("register", "other.bundle", "models/tiny"),
    ("promote", "models/tiny", "newest"),
    ("rollback", "models/tiny"),
    ("history", "models/tiny"),
    ("compare", "models/tiny", "models/tiny@newest", "--data", "test.csv"),
    ("sign", "--new-key", "key"),
    ("sign", "spec.bundle", "--key", "key"),
    ("example", "german-credit", "example"),
    ("schema",),
    ("completion", "bash"),
    ("recipes",),
    ("bench", "list"),
    ("init", "train.csv", "-o", "begun.toml"),
    ("explore", "train.csv"),
    ("explain", "spec.bundle", "test.csv", "--row", "1"),
    ("monitor", "spec.bundle", "test.csv", "--html", "watch.html"),
    ("report", "spec.bundle", "-o", "page.html"),
    ("watch", "init", "watch.db"),
    ("doctor", "--no-fit"),
)
SERVE = ("serve", "spec.bundle", "--port", "0", "--workers", "2")
CLEAN = ("clean", "spec.run")
ENGINE = Path(cli.__file__).parents[1]
PYTHONS = ("sys.executable", "str(python)")
# All commands in one process, as a start of each would take most of the time; the codes that they end with
PROGRAM = """
import json, pathlib, sys
from automl.cli import run
codes = [run(command) for command in json.loads(sys.argv[1])]
pathlib.Path(sys.argv[2]).write_text(json.dumps(codes))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, and ten modules that a command might import instead of the right ones."""
    found = tmp_path_factory.mktemp("planted")
    examples.write("german-credit", found)
    rows = (found / "train.csv").read_text().splitlines(keepends=True)
    (found / "train.csv").write_text("".join(rows[:301]))  # so many do for a model that only has to be there
    for name in PLANTED:
        (found / f"{name}.py").write_text(TRAP)
    return found


@pytest.fixture
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """Where a trap writes that it ran; after the test nothing stands there."""
    trap = folder / "trapped.txt"
    yield os.environ | {"TRAP": str(trap)}
    assert not trap.exists(), f"these ran: {trap.read_text()}"


@pytest.fixture(scope="module")
def ended(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[tuple[str, ...], int], str]:
    """The exit code of each command, in this order, and what all of them said."""
    codes, trap = tmp_path_factory.mktemp("ended") / "codes.json", folder / "trapped.txt"
    done = _python("-c", PROGRAM, json.dumps(COMMANDS), str(codes), cwd=folder, env=os.environ | {"TRAP": str(trap)})
    assert codes.exists(), done.stderr
    return dict(zip(COMMANDS, json.loads(codes.read_text()), strict=True)), done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("environment")
def test_no_command_imports_from_the_current_folder(
    command: tuple[str, ...], ended: tuple[dict[tuple[str, ...], int], str]
) -> None:
    """Neither the command nor a process that it starts; each does its work (in this order) all the same."""
    codes, said = ended
    assert codes[command] in {0, 5}, said


def test_the_command_line_imports_nothing_from_the_current_folder(folder: Path, environment: dict[str, str]) -> None:
    """As `python -m automl` too, from its first import on."""
    _do(("check", "spec.toml"), folder, environment)


def _do(command: tuple[str, ...], folder: Path, environment: dict[str, str]) -> None:
    done = _python("-m", "automl", *command, cwd=folder, env=environment)
    assert done.returncode in {0, 5}, done.stderr


def _python(*arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_no_command_is_left_out() -> None:
    """Each command of the engine is tried, here or below."""
    assert {command[0] for command in (*COMMANDS, SERVE, CLEAN)} == set(cli.cli.list_commands(click.Context(cli.cli)))


def test_every_python_that_is_started_looks_at_no_folder_of_others() -> None:
    """Whatever starts a Python says -P or -I behind its name, in the engine and in what it starts for benchmarks."""
    texts = [path.read_text("utf-8") for path in ENGINE.rglob("*.py")]
    found = [start for text in texts if any(python in text for python in PYTHONS) for start in _starts(ast.parse(text))]
    assert len(found) >= 10
    assert set(found) <= {"-P", "-I"}
    assert list(_starts(ast.parse("run([sys.executable, '-m', 'x'])\nrun([str(python), '-m', 'pip'])"))) == ["-m", "-m"]


def _starts(tree: ast.AST) -> Iterator[str]:
    """What stands behind the name of a Python in each command line of a module."""
    for node in ast.walk(tree):
        words = node.elts if isinstance(node, ast.List) else node.args if isinstance(node, ast.Call) else []
        if len(words) > 1 and ast.unparse(words[0]) in PYTHONS:
            yield words[1].value if isinstance(words[1], ast.Constant) else ast.unparse(words[1])


@pytest.mark.parametrize("path", [pytest.param("", marks=pytest.mark.slow), ":", "."])  # the first is none at all
@pytest.mark.usefixtures("ended")  # it makes the bundle
def test_the_trial_of_a_stranger_imports_nothing_of_them(
    path: str, folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Where the bundle is a stranger's, neither the current folder nor an odd PYTHONPATH gives code to its trial."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", "automl", "verify", "spec.bundle"],
        cwd=folder,
        env=environment | {"PYTHONPATH": path, "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("ended")  # it makes the bundle
def test_a_server_imports_nothing_from_the_current_folder(folder: Path, environment: dict[str, str]) -> None:
    """Neither the server nor its workers."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "automl", *SERVE],
        cwd=folder,
        env=environment | {"AUTOML_TOKEN": "a-token-of-some-length"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = ""
    for line in process.stderr:
        told += line
        if "http://" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=60)[1]
    assert process.returncode in {0, 143}, told + rest
    assert "http://" in told


@pytest.mark.usefixtures("ended")  # it makes the bundle
def test_a_scorer_imports_nothing_from_its_folder(folder: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """score.py, which runs without automl, finds its libraries and not what somebody laid beside it (B02)."""
    planted = shutil.copytree(folder / "spec.bundle", tmp_path / "planted.bundle")
    for name in PLANTED:
        shutil.copy(folder / f"{name}.py", planted)
    for switch in ((), ("-P",), ("-S",)):
        done = subprocess.run(
            [
                sys.executable,
                *switch,
                str(planted / "score.py"),
                str(folder / "test.csv"),
                "-o",
                str(tmp_path / "o.csv"),
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is ("-S" not in switch), done.stderr  # which finds no library at all


@pytest.mark.usefixtures("ended")  # it makes the bundle
def test_nobody_else_can_read_what_a_fit_left(folder: Path) -> None:
    """The run folder and all in it are its owner's; the bundle is as other files are."""
    left = [path for path in (folder / "spec.run").rglob("*") if path.is_file()]
    assert left
    assert {path.stat().st_mode & 0o777 for path in left} == {0o600}
    assert (folder / "spec.run").stat().st_mode & 0o777 == 0o700
    other = folder / "test.csv"
    assert (folder / "spec.bundle" / "card.md").stat().st_mode == other.stat().st_mode


@pytest.mark.usefixtures("ended")  # it makes the bundle
def test_cleaning_imports_nothing_from_the_current_folder(folder: Path, environment: dict[str, str]) -> None:
    """It is the last, as it takes the run folder away."""
    _do(CLEAN, folder, environment)
    assert not (folder / "spec.run").exists()
