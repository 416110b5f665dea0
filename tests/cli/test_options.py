"""What commands share: a spec that names its data, and stdout that any reader of JSON takes."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from automl.cli.options import json_option, load_spec, put, recipe_option, set_option
from automl.errors import SpecError

SPEC = '[objective]\ntarget = "class"\n'


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """What `put` writes of a document."""

    def write(document: Any) -> str:
        put(document)
        return capsys.readouterr().out

    return write


def test_text_goes_out_as_it_is(said: Any) -> None:
    """Words end with one line break, however many they came with; lines within stay."""
    assert said("a\n\nb") == "a\n\nb\n"
    assert said("a\n\n\n") == "a\n"
    assert said('{"is": "text"}') == '{"is": "text"}\n'


def test_anything_else_is_json(said: Any) -> None:
    """Numbers keep their digits, other scripts are read back, a path and a day are words."""
    document = {"p": 0.1, "n": 3, "yes": True, "none": None, "ü": "解約", "path": Path("x"), "day": date(2026, 1, 2)}
    assert json.loads(said(document)) == document | {"path": "x", "day": "2026-01-02"}


def test_json_has_no_nan(said: Any) -> None:
    """NaN and infinity become null wherever they stand; keys become words, pairs become lists."""
    document = {"a": [math.nan, (1.0, -math.inf)], 3: {"b": math.inf}}
    assert json.loads(said(document)) == {"a": [None, [1.0, None]], "3": {"b": None}}
    assert json.loads(said(math.nan)) is None
    assert json.loads(said([])) == []


def test_a_spec_without_data_is_refused_with_what_to_add(tmp_path: Path) -> None:
    """A command has no frame that could stand in for the file."""
    (tmp_path / "churn.toml").write_text(SPEC)
    with pytest.raises(SpecError, match=r"churn\.toml data\.train: is missing") as raised:
        load_spec(tmp_path / "churn.toml", None, ())
    assert raised.value.hint == "add train = ... under [data]"


def test_the_recipe_and_what_is_set_overrule_the_spec(tmp_path: Path) -> None:
    """In this order: the spec, the recipe that was named, and each KEY=VALUE, the last one of a key."""
    (tmp_path / "churn.toml").write_text(f'{SPEC}[recipe]\nname = "accurate"\n')
    words = ("data.train=a.csv", "budget.seed=3", "budget.seed=4")
    assert load_spec(tmp_path / "churn.toml", None, words).recipe.name == "accurate"
    spec = load_spec(tmp_path / "churn.toml", "quick", words)
    assert (spec.recipe.name, spec.data.train, spec.budget.seed) == ("quick", str(tmp_path / "a.csv"), 4)


def test_commands_take_them_by_these_words() -> None:
    """`--recipe`, `--set` as often as one likes, `--json`; left out they are nothing."""

    @click.command()
    @recipe_option
    @set_option
    @json_option
    def command(**given: object) -> None:
        put({key: list(value) if isinstance(value, tuple) else value for key, value in given.items()})

    def given(*words: str) -> Any:
        return json.loads(CliRunner().invoke(command, words).output)

    assert given() == {"recipe": None, "overrides": [], "as_json": False}
    assert given("--set", "a=1", "--json", "--recipe", "quick", "--set", "b=2") == {
        "recipe": "quick",
        "overrides": ["a=1", "b=2"],
        "as_json": True,
    }
