"""The report of our own shape counts what it says, on small trees made here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
LONG = "\n".join(f"x{i} = {i}" for i in range(50)) + "\n"
SIXTEEN = "\n".join(f"        {i}" for i in range(16))


@pytest.fixture
def shape(monkeypatch) -> ModuleType:
    """`benchmarks/shape.py`, whose parts lie beside it."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("shape")


def _write(root: Path, files: Mapping[str, str]) -> None:
    """A tree of files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def _function(name: str, *lines: str, length: int = 45) -> str:
    """A function of so many lines: what it is given, then one long call."""
    body = [*lines, "return max(", *["    1," for _ in range(length - len(lines) - 3)], ")"]
    return f"def {name}(value):\n" + "".join(f"    {line}\n" for line in body)


def test_lines_are_all_lines_of_a_file(shape, tmp_path):
    """Blank lines count: a module of 301 is long, one of 300 is not."""
    _write(tmp_path, {"automl/long.py": "\n" * 301, "automl/right.py": "\n" * 300})
    assert shape.long_modules(shape.read(tmp_path, "automl")).found == ["  301  automl/long.py"]


def test_a_flat_vocabulary_is_told_from_a_long_module(shape, tmp_path):
    """Short classes side by side count apart; a long method or a function that is called there ends that."""
    words = "".join(f"class C{i}:\n    a: int\n    b: int\n" for i in range(110))
    helper = "def helper():\n    return 1\n"
    _write(
        tmp_path,
        {
            "automl/words.py": words + helper,
            "automl/told.py": words + helper + "def story():\n    return helper()\n",
            "automl/method.py": words + f"class D:\n    def long(self):\n{SIXTEEN}\n",
            "automl/numbers.py": LONG * 7,
        },
    )
    figure = shape.long_modules(shape.read(tmp_path, "automl"))
    assert [line.split()[1] for line in figure.found] == [
        "automl/method.py",
        "automl/numbers.py",
        "automl/told.py",
    ]
    assert [line.split()[1] for line in figure.apart["flat vocabulary"]] == ["automl/words.py"]


def test_a_flat_story_is_told_from_a_long_function(shape, tmp_path):
    """Few statements with one block count apart; two blocks or many statements do not; forty lines are not long."""
    flat = _function("flat", "if value:", "    return 0")
    blocks = _function("blocks", "for one in value:", "    if one:", "        return 0")
    many = _function("many", *(f"a{i} = {i}" for i in range(shape.FEW_STATEMENTS)))
    _write(tmp_path, {"automl/one.py": flat + blocks + many + _function("right", length=40)})
    figure = shape.long_functions(shape.read(tmp_path, "automl"))
    assert [line.split()[-1] for line in figure.found] == ["blocks", "many"]
    assert [line.split()[-1] for line in figure.apart["flat story"]] == ["flat"]


def test_arguments_of_commands_and_of_what_is_public_count_apart(shape, tmp_path):
    """Nine arguments are many, but a click command's and an exported function's stand apart."""
    nine = "(a, b, c, d, e, *, f, g, h, i):\n    pass\n"
    _write(
        tmp_path,
        {
            "automl/__init__.py": "from automl.room import fit\n",
            "automl/room/one.py": f"def fit{nine}def search{nine}def right(a, b, c, d, e, f, g, h):\n    pass\n",
            "automl/other.py": f"def fit{nine}",
            "automl/cli.py": f"@click.command('x')\n@click.option('--a')\ndef command{nine}",
        },
    )
    figure = shape.many_arguments(shape.read(tmp_path, "automl"))
    assert figure.found == ["    9  automl/other.py:1 fit", "    9  automl/room/one.py:3 search"]
    assert figure.apart == {
        "click command": ["    9  automl/cli.py:3 command"],
        "public": ["    9  automl/room/one.py:1 fit"],
    }


def test_any_counts_outside_borders(shape, tmp_path):
    """Annotations and aliases count, the import does not; who imports json or an untyped library is a border."""
    uses = "from typing import Any\nAlias = dict[str, Any]\ndef f(x: Any) -> list[Any]: ...\n"
    _write(
        tmp_path,
        {
            "automl/plain.py": uses,
            "automl/documents.py": f"{uses}import json\n",
            "automl/library.py": f"{uses}def g():\n    from lib.part import x\n",
        },
    )
    override = '[[tool.mypy.overrides]]\nmodule = ["lib.*"]\nignore_missing_imports = true\n'
    (tmp_path / "pyproject.toml").write_text(override, encoding="utf-8")
    figure = shape.uses_of_any(shape.read(tmp_path, "automl"), shape.untyped_libraries(tmp_path))
    assert figure.count == "3 of 9"
    assert figure.found == ["    3  automl/plain.py"]


@pytest.mark.parametrize(
    ("imports", "rooms"),
    [
        ([("a.b.c", "a.b.d"), ("a.b.d", "a.e"), ("a.b", "a.b.c")], []),
        ([("a.b.c", "a.b.d"), ("a.b.d", "a.b.c")], ["a.b", "modules"]),
        ([("a.b.c.x", "a.b.d.x"), ("a.b.d.y", "a.b.c.y")], ["a.b"]),
        ([("a.b", "a.b.c"), ("a.b.c", "a.b")], ["modules"]),
    ],
)
def test_cycles_are_found_at_every_depth(imports, rooms, shape):
    """Siblings that import each other, themselves or by what lies below them, and a package and its own module."""
    assert sorted(line.split(":")[0] for line in shape.cycles(imports).found) == rooms


def test_imports_are_read_from_the_tree(shape, tmp_path, monkeypatch):
    """An import inside a function counts as well."""
    _write(
        tmp_path,
        {"house/one.py": "def f():\n    from house.two import x\n", "house/two.py": "x = 1\n", "house/__init__.py": ""},
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert shape.imports_between("house") == [("house.one", "house.two")]


def test_mirrored_modules_are_imported_by_the_test_of_their_name(shape, tmp_path):
    """In the same folder or at the top of tests; short, private and base modules and commands are owed none."""
    _write(
        tmp_path,
        {
            "automl/data/reader.py": LONG,
            "automl/data/split.py": LONG,
            "automl/data/leaks.py": LONG,
            "automl/data/rows.py": LONG,
            "automl/data/base.py": LONG,
            "automl/data/_parts.py": LONG,
            "automl/data/short.py": "x = 1\n",
            "automl/command.py": f"{LONG}@click.command('x')\ndef command():\n    pass\n",
            "tests/data/test_reader.py": "from automl.data.reader import x1\n",
            "tests/test_split.py": "from automl.data import split\n",
            "tests/data/test_leaks.py": "import automl.data.reader\n",
            "tests/decide/test_rows.py": "import automl.data.rows\n",
        },
    )
    modules, tests = shape.read(tmp_path, "automl"), shape.read(tmp_path, "tests")
    figure = shape.unmirrored(modules, tests)
    assert figure.found == ["   50  automl/data/leaks.py", "   50  automl/data/rows.py"]
    assert figure.count == "2 of 4 (mirrored: 50%)"
    pairs = {module.name: test.name for module, test in shape.mirrors(modules, tests).items()}
    assert pairs == {"automl.data.reader": "tests.data.test_reader", "automl.data.split": "tests.test_split"}


@pytest.mark.slow
def test_a_mirrored_test_is_run_by_itself(shape, tmp_path):
    """What its own test file leaves out is not covered, whoever else runs it; a failing test covers nothing."""
    code = "def used():\n    return 1\n\n\ndef unused():\n    a = 1\n    b = 2\n    return a + b\n"
    asks = "from house.{0} import used\n\n\ndef test_it():\n    assert used() == {1}\n"
    _write(tmp_path, {"house/half.py": code, "house/bad.py": code, "house/whole.py": "def used():\n    return 1\n"})
    _write(tmp_path, {"test_half.py": asks.format("half", 1), "test_bad.py": asks.format("bad", 2)})
    _write(tmp_path, {"test_whole.py": asks.format("whole", 1)})
    modules = {module.path.stem: module for module in shape.read(tmp_path, "")}
    mirrored = {modules[name]: modules[f"test_{name}"] for name in ("half", "bad", "whole")}
    figure = shape.thinly_covered(tmp_path, mirrored)
    assert figure.found == [" 50.0 %  house/half.py", "  0.0 %  house/bad.py"]
    assert figure.count == "2 of 3"


def test_test_files_without_a_test_are_named(shape, tmp_path):
    """A function, a class, or a suite that is taken over makes a test file; a helper in it does not."""
    _write(tmp_path, {"tests/test_one.py": "def test_it(): ...\n", "tests/test_two.py": "class TestIt: ...\n"})
    _write(tmp_path, {"tests/test_suite.py": "from automl.testing.gates import *\n"})
    _write(tmp_path, {"tests/test_none.py": "def helper(): ...\n", "tests/conftest.py": ""})
    assert shape.empty_tests(shape.read(tmp_path, "tests")).found == ["tests/test_none.py"]


@pytest.mark.slow
def test_the_report_of_our_own_tree_states_its_rules(shape):
    """Each figure has a row, and every rule is printed with it."""
    lines = list(shape.report(ROOT, coverage=False))
    rows = ("modules over 300 lines", "functions over 40 lines", "uses of Any outside borders", "rooms with a cycle")
    assert all(any(line.startswith(row) for line in lines) for row in rows)
    assert all(any(line.startswith(f"{rule}: ") for line in lines) for rule in shape.RULES)
