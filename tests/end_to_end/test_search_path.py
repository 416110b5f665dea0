"""Nothing that lies in the current folder, or beside a bundle, runs when a command does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl import examples

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
    ("fit", "spec.toml", "--write-anyway", "--set", "budget.trials=1", "--set", "budget.workers=2"),
    ("show", "spec.bundle"),
    ("verify", "spec.bundle"),
    ("gates", "spec.bundle"),
    ("predict", "spec.bundle", "test.csv", "-o", "out.csv", "--workers", "2"),
    ("decide", "spec.bundle", "--set", "objective.costs.false_positive=90", "-o", "other.bundle", "--write-anyway"),
    ("export", "spec.bundle", "--to", "zip", "-o", "spec.zip"),
    ("export", "spec.bundle", "--to", "c", "-o", "c"),
    ("export", "spec.bundle", "--to", "docker", "-o", "docker"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, and ten modules that a command might import instead of the right ones."""
    found = tmp_path_factory.mktemp("planted")
    examples.write("german-credit", found)
    for name in PLANTED:
        (found / f"{name}.py").write_text(TRAP)
    return found


@pytest.fixture
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """Where a trap writes that it ran; after the test nothing stands there."""
    trap = folder / "trapped.txt"
    yield os.environ | {"TRAP": str(trap)}
    assert not trap.exists(), f"these ran: {trap.read_text()}"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_imports_from_the_current_folder(
    command: tuple[str, ...], folder: Path, environment: dict[str, str]
) -> None:
    """Neither the command nor a process that it starts; each does its work (in this order) all the same."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "automl", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 5}, done.stderr


@pytest.mark.parametrize("path", ["", ":", "."])
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


def test_a_server_imports_nothing_from_the_current_folder(folder: Path, environment: dict[str, str]) -> None:
    """Neither the server nor its workers."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "automl", "serve", "spec.bundle", "--port", "0", "--workers", "2"],
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


def test_nobody_else_can_read_what_a_fit_left(folder: Path) -> None:
    """The run folder and all in it are its owner's; the bundle is as other files are."""
    left = [path for path in (folder / "spec.run").rglob("*") if path.is_file()]
    assert left
    assert {path.stat().st_mode & 0o777 for path in left} == {0o600}
    assert (folder / "spec.run").stat().st_mode & 0o777 == 0o700
    other = folder / "test.csv"
    assert (folder / "spec.bundle" / "card.md").stat().st_mode == other.stat().st_mode
