"""The code blocks of README and docs hold: Python runs, specs are right, commands exist."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from automl import cli, errors, examples
from automl.monitor.look import Status
from automl.spec import parse

ROOT = Path(__file__).parents[1]
FIGURE = re.compile(r"\d(?:[\d,.]*\d)?")
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


@pytest.mark.parametrize("code", _blocks("python"))
def test_python(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of Python runs beside the German credit example."""
    examples.write("german-credit", tmp_path)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "the block", "exec"), {"__name__": "__main__"})  # noqa: S102  # our own documentation


@pytest.mark.parametrize("code", _blocks("toml"))
def test_toml(code: str) -> None:
    """A block of TOML is a right spec, or a part of one."""
    values = tomllib.loads(code)
    parse({"objective": {"target": "y"}, **values})


@pytest.mark.parametrize("code", _blocks("console"))
def test_console(code: str) -> None:
    """The `automl` commands of a block exist, with their options."""
    for line in re.findall(r"^\$ automl (.*)$", code, re.MULTILINE):
        name, *arguments = shlex.split(line, comments=True)
        if not name.startswith("-"):
            command = cli.cli.commands[name]
            command.make_context(name, arguments, parent=click.Context(cli.cli, **cli.cli.context_settings))


def test_what_is_made_is_current() -> None:
    """Keys, commands, rooms and the last runs stand in the pages as they are."""
    maker = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert maker is not None
    assert maker.loader is not None
    generate = importlib.util.module_from_spec(maker)
    maker.loader.exec_module(generate)
    for page, content in generate.pages().items():
        assert page.read_text(encoding="utf-8") == content, (
            f"{page.relative_to(ROOT)} is old: `make docs` and read the diff"
        )


def test_the_tutorial_tells_the_figures_that_it_shows() -> None:
    """Each figure of the prose below the fit is one of the data, of the costs, or of what the fit said."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    before, _, after = page.partition("## 2. ")
    prose = FIGURE.findall(FENCE.sub("", after.partition("## 3. ")[0]))
    said = (ROOT / "docs" / "demo" / "fit.txt").read_text(encoding="utf-8")
    assert len(prose) > 10
    assert set(prose) - set(FIGURE.findall(before)) - set(FIGURE.findall(said)) == set()


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
