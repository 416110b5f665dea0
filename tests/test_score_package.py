"""The scoring install scores as the whole one does, and says of anything else where it is."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from automl.testing._bundle import raw_rows, small_bundle

ROOT = Path(__file__).parents[1]
HOME = ROOT / "packaging" / "score"
TRAINS = ("learners", "search", "engines", "executors", "pipeline", "features/steps", "retrain", "sklearn", "bench")
MOST = 250 * 10**6  # bytes, which are 238 MB as `du` counts them


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of automl-score."""
    folder = tmp_path_factory.mktemp("score")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=HOME, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The module that picks the files."""
    spec = importlib.util.spec_from_file_location("hatch_build", HOME / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(path: Path) -> dict[str, list[str]]:
    """The requirements of a pyproject.toml by extra, the package's own under an empty name."""
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def test_nothing_that_trains_is_inside(wheel: Path) -> None:
    """Of each room that trains there is one file at most, which says where the room is."""
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
        for room in TRAINS:
            assert {name for name in names if name.startswith(f"automl/{room}/")} <= {f"automl/{room}/__init__.py"}
        assert b"raise ImportError" in content.read("automl/learners/__init__.py")
    assert {"automl/bundle/read.py", "automl/deploy/batch.py", "automl/deploy/serve/worker.py"} <= names


def test_it_asks_for_what_the_whole_install_asks_for() -> None:
    """The same lower bounds, since both are tested with the same versions; polars may be that of small.txt."""
    whole = {need for needs in asked(ROOT / "pyproject.toml").values() for need in needs}
    own = {need for needs in asked(HOME / "pyproject.toml").values() for need in needs}
    assert {need.partition(">")[0] for need in own - whole} == {"polars"}
    smallest = (HOME / "small.txt").read_text(encoding="utf-8")
    assert [need.replace(">=", "==") in smallest for need in own - whole] == [True]


def test_every_library_that_it_imports_is_asked_for(hook: ModuleType) -> None:
    """Here or in an extra; those of other ways in are told where they are needed."""
    modules = [path for path in hook.files(ROOT).values() if path.suffix == ".py"]
    roots = {name.partition(".")[0] for path in modules for name in hook.imported(path)}
    libraries = roots - sys.stdlib_module_names - {"automl", "hatchling"}
    named = {need for needs in asked(HOME / "pyproject.toml").values() for need in needs}
    brought = {"starlette", "pydantic_core"}  # by fastapi, by pydantic
    missing = {name for name in libraries if not any(need.startswith(name.replace("_", "-")) for need in named)}
    assert missing - brought == {"fastexcel", "psycopg"}


def test_imports_for_types_alone_are_not_followed(hook: ModuleType, tmp_path: Path) -> None:
    """What runs is what counts, at the top of a module or inside a function."""
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nimport a.b\nif TYPE_CHECKING:\n    import c\nelse:\n    import d\n"
        "def f():\n    from e import g\n",
        encoding="utf-8",
    )
    assert set(hook.imported(path)) == {"typing.TYPE_CHECKING", "a.b", "d", "e.g"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh venv with the smallest versions of what it asks for."""
    place = tmp_path_factory.mktemp("venv")
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(place / "v")], check=True)
    asks = ["pip", "install", "--python", str(place / "v"), "--constraint", str(HOME / "small.txt"), str(wheel)]
    done = subprocess.run([*uv, *asks], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no package index here: {done.stderr.strip()[-200:]}")
    return place / "v" / "bin"


@pytest.mark.slow
def test_it_scores_the_same_bytes(installed: Path, tmp_path: Path) -> None:
    """A bundle that the whole install made is verified, and its answers are the same to the byte."""
    whole = Path(sys.executable).with_name("automl")
    subprocess.run([whole, "example", "german-credit", tmp_path / "e"], check=True)
    bundle, data = tmp_path / "c.bundle", tmp_path / "e" / "test.csv"
    budget = ["--set", "budget.trials=3", "--set", 'budget.time="10min"', "--quiet", "--write-anyway"]
    subprocess.run([whole, "fit", tmp_path / "e" / "spec.toml", "--out", bundle, *budget], check=True)
    for name, command in (("whole", whole), ("score", installed / "automl")):
        subprocess.run([command, "verify", bundle], check=True)
        subprocess.run([command, "predict", bundle, data, "-o", tmp_path / f"{name}.csv"], check=True)
        explain: list[str | Path] = [command, "explain", bundle, data, "--row", "3", "--json"]
        (tmp_path / f"{name}.json").write_bytes(subprocess.run(explain, check=True, capture_output=True).stdout)
    for kind in ("csv", "json"):
        assert (tmp_path / f"score.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["in.csv", "in.parquet", "in.ndjson", "in[1].arrow", "mixed.ndjson"])
def test_it_reads_the_same_rows(installed: Path, tmp_path: Path, name: str) -> None:
    """Whatever polars the smallest install has: dates, money, words, and lines of JSON with `true` beside numbers."""
    bundle, data = small_bundle(tmp_path / "small.bundle"), tmp_path / name
    rows = raw_rows()
    if name == "mixed.ndjson":
        kinds = ("true", "2", "0.5", "null")
        row = json.dumps(rows.to_dicts()[0] | {"age": 0})
        lines = [row.replace('"age": 0', f'"age": {kind}') for kind in kinds]
        data.write_text("\n".join(lines), encoding="utf-8")
    else:
        write: dict[str, Callable[[Path], object]] = {".csv": rows.write_csv, ".parquet": rows.write_parquet}
        (write | {".ndjson": rows.write_ndjson, ".arrow": rows.write_ipc})[data.suffix](data)
    commands = {"whole": Path(sys.executable).with_name("automl"), "score": installed / "automl"}
    for told, command in commands.items():
        words: list[str | Path] = [command, "predict", bundle, data, "--unread", "empty"]
        subprocess.run([*words, "-o", tmp_path / f"{told}.csv"], check=True)
    assert (tmp_path / "score.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.slow
def test_it_is_small(installed: Path) -> None:
    """The whole venv but what Python compiles of it, which depends on who installs and on what ran."""
    files = [path for path in installed.parent.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files if path.suffix != ".pyc")
    sys.stdout.write(f"{size:,} bytes, {size / 2**20:.1f} MB\n")
    assert size <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("command", ["fit", "retrain", "doctor"])
def test_what_it_lacks_is_refused_with_words(installed: Path, command: str) -> None:
    """The exit code of a machine that lacks something, and where the command is."""
    done = subprocess.run([installed / "automl", command, "spec.toml"], capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert f"this is the scoring install: it has no `automl {command}`" in done.stderr
    assert "pip install automl" in done.stderr
    asked_for = "import automl; automl.fit"
    done = subprocess.run([installed / "python", "-P", "-c", asked_for], capture_output=True, text=True, check=False)
    assert "automl-score only scores" in done.stderr
