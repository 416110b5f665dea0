"""The code blocks of README and docs hold: Python runs, C compiles, specs are right, commands exist."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import create_autospec

import click
import polars as pl
import pytest

from automl import cli, errors, examples
from automl.bundle.read import Bundle
from automl.data.rows import Labels
from automl.deploy.export.base import export
from automl.executors import local
from automl.executors.inline import InlineExecutor
from automl.monitor.look import Status
from automl.spec import parse
from automl.spec.schema import json_schema

ROOT = Path(__file__).parents[1]
FIGURE = re.compile(r"\d(?:[\d,.]*\d)?")
LOOKED_AT = {
    "python",
    "py",
    "toml",
    "toml title=pyproject.toml",
    "console",
    "sh",
    "bash",
    "json",
    "c",
    "text",
    "{eval-rst}",
}
FENCE = re.compile(r"^(?:<!-- (?P<mark>slow) -->\n)?```(?P<kind>\w+)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)


def _pages() -> list[Path]:
    return sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])


def _blocks(kind: str) -> list[object]:
    """The blocks of a kind; one behind ``<!-- slow -->`` takes minutes."""
    blocks: list[object] = []
    for page in _pages():
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if found["kind"] == kind:
                line = text.count("\n", 0, found.start("code")) + 1
                marks = [pytest.mark.slow] if found["mark"] else []
                blocks.append(pytest.param(found["code"], marks=marks, id=f"{page.relative_to(ROOT)}:{line}"))
    return blocks


def _script(name: str) -> ModuleType:
    """A script of docs, imported."""
    maker = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert maker is not None
    assert maker.loader is not None
    script = importlib.util.module_from_spec(maker)
    maker.loader.exec_module(script)
    return script


@pytest.mark.parametrize("code", _blocks("python"))
def test_python(code: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of Python runs beside the German credit example; trials of all but README's within this process.

    A helper that imports the boosters for each page's fit would take longer than the fit.
    """
    examples.write("german-credit", tmp_path)
    monkeypatch.chdir(tmp_path)
    if "README.md" not in request.node.name:
        monkeypatch.setattr(local, "LocalExecutor", InlineExecutor)
    exec(compile(code, "the block", "exec"), {"__name__": "__main__"})  # noqa: S102  # our own documentation


@pytest.mark.parametrize("code", _blocks("py"))
def test_part_of_a_program(code: str, a_program: dict[str, object]) -> None:
    """Lines that are part of a program of the reader's run where what they name is there."""
    exec(compile(code, "the block", "exec"), a_program)  # noqa: S102  # our own documentation


@pytest.fixture
def a_program(
    bundle: Path, raw: pl.DataFrame, make_contents, binary: Labels, tmp_path, monkeypatch
) -> dict[str, object]:
    """What pages call the things of a program. `bundle` and `Bundle` take what the real ones take, and do nothing."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(bundle, "credit.bundle")
    frame = raw.head(2)
    return {
        "model": Bundle.load(bundle),
        "frame": frame,
        "row": frame.row(0, named=True),
        "bundle": create_autospec(Bundle, instance=True),
        "Bundle": create_autospec(Bundle, **{"load.return_value": create_autospec(Bundle, instance=True)}),
        **dict.fromkeys(("new", "purchases", "letters"), frame),
        "contents": make_contents(binary),
        "out": tmp_path / "out.bundle",
        "gates": (),
        "verdict": None,
    }


@pytest.mark.parametrize("code", _blocks("json"))
def test_json(code: str) -> None:
    """A block of JSON is JSON."""
    json.loads(code)


@pytest.mark.parametrize("code", _blocks("c"))
def test_c(code: str, bundle: Path, service, tmp_path: Path) -> None:
    """A block of C calls what an exported bundle has, by a number and a category of it."""
    export(bundle, "c", tmp_path / "source")
    names = {"duration": "age", "purpose": "job"}
    (tmp_path / "main.c").write_text(re.sub("|".join(names), lambda found: names[found[0]], code), encoding="utf-8")
    options = ("-std=c99", "-Werror", "-fsyntax-only", "-I", tmp_path / "source")
    subprocess.run([service("gcc"), *options, tmp_path / "main.c"], check=True)


def test_no_block_is_of_a_kind_that_nobody_looks_at() -> None:
    """Blocks are run, parsed, or what something said (`text`); shell beside automl is the reader's own."""
    kinds = {
        kind
        for page in _pages()
        for kind in re.findall(r"^```(\w.*)\n", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert kinds <= LOOKED_AT, kinds - LOOKED_AT


@pytest.mark.parametrize("code", _blocks("toml"))
def test_toml(code: str) -> None:
    """A block of TOML is a right spec, or a part of one."""
    values = tomllib.loads(code)
    parse({"objective": {"target": "y"}, **values})


@pytest.mark.parametrize("code", [*_blocks("console"), *_blocks("sh"), *_blocks("bash")])
def test_console(code: str) -> None:
    """The `automl` commands of a block exist, with their options."""
    for line in re.findall(r"^(?:\$ )?automl (.*)$", code, re.MULTILINE):
        name, *arguments = shlex.split(line, comments=True)
        if not name.startswith("-"):
            command = cli.cli.commands[name]
            command.make_context(name, arguments, parent=click.Context(cli.cli, **cli.cli.context_settings))


def test_what_is_made_is_current() -> None:
    """Keys, commands, rooms and the last runs stand in the pages as they are."""
    for page, content in _script("generate").pages().items():
        assert page.read_text(encoding="utf-8") == content, (
            f"{page.relative_to(ROOT)} is old: `make docs` and read the diff"
        )


@pytest.mark.parametrize(
    ("name", "told"), [("credit", "fit"), ("fraud", "fraud"), ("churn", "churn"), ("demand", "demand")]
)
def test_a_tutorial_tells_the_figures_that_it_shows(name: str, told: str) -> None:
    """Each figure of the prose about the fit is one of the data, of the costs, or of what the fit said."""
    page = (ROOT / "docs" / "tutorials" / f"{name}.md").read_text(encoding="utf-8")
    before, _, after = page.partition(" The fit\n")
    prose = FIGURE.findall(FENCE.sub("", after.partition("\n## ")[0]))
    said = (ROOT / "docs" / "demo" / f"{told}.txt").read_text(encoding="utf-8")
    assert len(prose) > 2
    assert set(prose) - set(FIGURE.findall(before)) - set(FIGURE.findall(said)) == set()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["fraud", "churn", "demand"])
def test_a_tutorial_can_be_walked(name: str, tmp_path: Path) -> None:
    """Whoever does what the page says gets there: each of its commands ends well."""
    said = _script("walk").walk(ROOT / "docs" / "tutorials" / f"{name}.md", tmp_path)
    assert any(command.startswith("fit") for command in said)
    assert list(tmp_path.glob("*.bundle"))


def test_the_readme_shows_the_example() -> None:
    """The spec on the first screen is the one that `automl example german-credit` writes."""
    shown = re.search(r"^```toml\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert shown is not None
    written = (examples.FOLDER / "german_credit" / "spec.toml").read_text()
    assert tomllib.loads(shown[1]) == tomllib.loads(written)


@pytest.mark.parametrize("page", ["README.md", "docs/reference/command-line.md"])
def test_exit_codes(page: str) -> None:
    """Every exit code of the error family stands in the table, and those of a retraining and of a look."""
    told = set(re.findall(r"^\| ([0-9, ]+) \|", (ROOT / page).read_text(), re.MULTILINE))
    kinds = [errors.AutomlError, *errors.AutomlError.__subclasses__()]
    looks = f"{Status.warn.value}, {Status.act.value}"
    others = {"0", str(errors.CHAMPION_STAYS), looks, "130, 143"}
    assert {str(kind.exit_code) for kind in kinds if kind is not errors.Stopped} | others == told


def test_every_command_is_documented() -> None:
    """Each command of the command line is named in README or docs."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in _pages())
    assert [name for name in cli.cli.commands if f"automl {name}" not in text] == []


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("threats.md", ["## Fit", "## Bundle", "## Server", "## Export", "## Batch", "## What is not defended"]),
        (
            "howto/trust.md",
            ["## What a bundle holds of persons", "evidence.parquet", "golden rows", "the text of a query"],
        ),
        ("howto/data.md", ["a superuser, may call functions", "Use a role that may only select"]),
    ],
)
def test_what_is_promised_and_what_is_not_is_said(page: str, said: list[str]) -> None:
    """Who is trusted with what, what a bundle holds of persons, and that a session which reads only is no wall."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert [words for words in said if words not in text] == []


def test_links() -> None:
    """A link to a file of ours leads somewhere."""
    for page in _pages():
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_a_row_of_a_table_ends_with_its_line() -> None:
    """What goes on below it would end the table."""
    for page in _pages():
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        torn = [line for line in text.splitlines() if line.startswith("| ") and not line.endswith("|")]
        assert torn == [], page.name


def test_keys() -> None:
    """A key of the spec that a page names is one; decisions and the changelog tell of their day."""
    schema = json_schema()
    named = re.compile(rf"`((?:{'|'.join(schema['properties'])})(?:\.[a-z_]\w*)+)(?<!\.json)(?<!\.md)`")
    for page in _pages():
        if page.parent.name != "decisions":
            keys = [key.split(".") for key in named.findall(page.read_text(encoding="utf-8"))]
            keys = [key for key in keys if not list((ROOT / "automl" / key[0]).glob(f"{key[1]}*"))]  # a module of ours
            assert [key for key in keys if not _is_key(key, schema, schema["$defs"])] == [], page.name


def _is_key(parts: list[str], value: Mapping[str, Any], models: Mapping[str, Any]) -> bool:
    """Whether a path leads somewhere in a schema; below what takes any name every path does."""
    if "$ref" in value:
        return _is_key(parts, models[value["$ref"].rpartition("/")[2]], models)
    if not parts:
        return True
    if parts[0] in value.get("properties", {}):
        return _is_key(parts[1:], value["properties"][parts[0]], models)
    inner = value.get("additionalProperties")
    named = [inner] if isinstance(inner, Mapping) else []
    return any(_is_key(parts[1:], one, models) for one in named) or any(
        _is_key(parts, option, models) for option in value.get("anyOf", [])
    )


def test_paths() -> None:
    """A file or folder of ours that is named in a page is there, or the page writes it; decisions tell of their day."""
    for page in _pages():
        if page.parent.name != "decisions":
            text = page.read_text(encoding="utf-8")
            named = re.findall(r"`((?:automl|tests|docs|benchmarks|recipes)/[\w/.]*)`", text)
            written = set(re.findall(r"^`([\w/.]+)`:$", text, re.MULTILINE))  # a block with its content follows
            ours = [path for path in named if path not in written and "NAME" not in path]
            assert [path for path in ours if not (ROOT / path).exists()] == [], page.name


def test_make() -> None:
    """Each `make` of a page is a target of the Makefile."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for page in _pages():
        named = re.findall(r"(?:^|`)make (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= set(targets), page.name
