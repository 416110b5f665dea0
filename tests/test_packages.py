"""What is built to be installed holds the package and what it reads, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BESIDE = {"recipes": "recipes", "benchmarks/suites": "benchmarks/suites", "benchmarks/rivals": "benchmarks/rivals"}
DATA = {".csv", ".parquet", ".arrow", ".ndjson", ".xlsx", ".onnx", ".zip", ".gz"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """The names in the wheel, and those in the sdist without its top folder."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    with tarfile.open(next(folder.glob("*.tar.gz"))) as sdist:
        return names, {member.name.partition("/")[2] for member in sdist.getmembers() if member.isfile()}


def source_files(folder: str) -> set[str]:
    """What lies in a folder of the tree, by its path from there."""
    top = ROOT / folder
    files = (path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(top).as_posix() for path in files}


def test_the_wheel_holds_the_package(built: tuple[set[str], set[str]]) -> None:
    """Every file of the package, the recipes, suites and rivals where the package looks for them, and the licence."""
    wheel, _ = built
    wanted = {f"automl/{name}" for name in source_files("automl")}
    wanted |= {f"automl/{home}/{name}" for folder, home in BESIDE.items() for name in source_files(folder)}
    inside = {name for name in wheel if not name.partition("/")[0].endswith(".dist-info")}
    assert inside == wanted
    assert any(name.endswith("/licenses/LICENSE") for name in wheel)
    assert any(name.endswith("/entry_points.txt") for name in wheel)


def test_types_are_told(built: tuple[set[str], set[str]]) -> None:
    """PEP 561: who embeds the package has its types checked."""
    assert "automl/py.typed" in built[0]


def test_the_sdist_is_what_a_wheel_is_made_of(built: tuple[set[str], set[str]]) -> None:
    """The same files where the tree has them, and what tells of the project."""
    _, sdist = built
    wanted = {f"{folder}/{name}" for folder in ("automl", *BESIDE) for name in source_files(folder)}
    told = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}
    assert sdist == wanted | told


@pytest.mark.parametrize("which", [0, 1], ids=["wheel", "sdist"])
def test_no_data_is_shipped_but_the_example(built: tuple[set[str], set[str]], which: int) -> None:
    """The two tables of German credit, and no test."""
    names = [Path(name) for name in built[which]]
    data = {name.as_posix() for name in names if name.suffix in DATA}
    assert data == {f"automl/examples/german_credit/{part}.csv" for part in ("train", "test")}
    assert not [name for name in names if name.name.startswith(("test_", "conftest"))]
