"""Every command that has `--json` says what its schema says, and nothing else."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import jsonschema
import numpy as np
import polars as pl
import pytest

from automl import cli
from automl.cli.documents import HOME, names, schema_of
from automl.errors import SpecError

SPEC = """
[objective]
target = "late"
positive = "yes"
[objective.costs]
currency = "EUR"
false_positive = 10
false_negative = "amount"
[data]
train = "train.csv"
test = "test.csv"
key = ["id"]
[budget]
trials = 1
workers = 1
executor = "inline"
[recipe]
name = "quick"
learners = ["linear"]
folds = 2
members = 1
feature_search = 0
"""
pytestmark = pytest.mark.timeout(400)  # of the one life that all documents are taken from
ALWAYS = {"watch-show"}  # it prints JSON without being asked
Document = Any


def below(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Each command of ours with its name."""
    for name, command in group.commands.items():
        words = (*above, name)
        yield "-".join(words), command
        if isinstance(command, click.Group):
            yield from below(command, words)


ASKED = sorted(name for name, command in below(cli.cli) if "as_json" in {each.name for each in command.params})


def closed(schema: Document) -> Document:
    """The schema with no other key allowed where it names keys: later versions may add some, this one has none."""
    if isinstance(schema, dict):
        made = {key: closed(value) for key, value in schema.items()}
        return {"additionalProperties": False, **made} if "required" in made else made
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


def rows(n: int, seed: int) -> pl.DataFrame:
    """Invoices, of which those of small firms are paid late."""
    rng = np.random.default_rng(seed)
    firm, amount = rng.choice(["small", "large"], n), rng.gamma(2.0, 20.0, n).round(2)
    late = rng.random(n) < np.where(firm == "small", 0.7, 0.1)
    return pl.DataFrame(
        {
            "id": [f"{seed}-{each}" for each in range(n)],
            "firm": firm,
            "amount": amount,
            "days": rng.integers(1, 60, n),
            "late": np.where(late, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Document]]:
    """The documents of a model's life, by command."""
    told: dict[str, list[Document]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("life"))
        for seed, name in enumerate(("train", "test", "new")):
            rows(300, seed).write_csv(f"{name}.csv")
        rows(3, 4).write_csv("few.csv")
        Path("spec.toml").write_text(SPEC, encoding="utf-8")
        live(lambda *words: told.setdefault(_command(words), []).append(_document(words)))
    return told


def live(do: Callable[..., None]) -> None:
    """A model from its spec to its retraining, and what is asked of it on the way."""
    do("check", "spec.toml")
    do("check", "nothing.toml")
    do("recipes")
    do("doctor", "--no-fit")
    do("explore", "spec.toml")
    do("explore", "train.csv")
    do("explore", "train.csv", "--target", "amount")
    do("fit", "spec.toml", "--dry-run")
    do("fit", "spec.toml", "--quiet", "--write-anyway")
    do("show", "spec.bundle")
    do("show", "spec.run", "--board")
    do("verify", "spec.bundle")
    do("report", "spec.bundle")
    do("gates", "spec.bundle", "--set", "limits.size=1kB")
    do("explain", "spec.bundle", "test.csv", "--row", "3")
    do("explain", "spec.bundle", "few.csv", "--all")
    do("decide", "spec.bundle", "--set", "objective.costs.false_positive=1", "-o", "other.bundle", "--write-anyway")
    do("compare", "spec.bundle", "other.bundle", "--data", "test.csv")
    do("monitor", "spec.bundle", "new.csv")
    do("register", "spec.bundle", "models/late")
    do("promote", "models/late")
    do("register", "other.bundle", "models/late", "--keep", "2")
    do("promote", "models/late", "newest", "--canary", "10%", "--loss-budget", "500")
    do("promote", "models/late", "newest")
    do("rollback", "models/late")
    do("history", "models/late")
    do("retrain", "spec.bundle", "--data", "new.csv", "--dry-run")
    do("retrain", "spec.bundle", "--data", "new.csv", "--rungs", "recalibrate", "--quiet")
    _document(("watch", "init", "watch.db"), asked=False)
    _document(("predict", "spec.bundle", "new.csv", "-o", "scored.csv", "--log", "watch.db"), asked=False)
    do("watch", "labels", "watch.db", "new.csv")
    do("watch", "look", "watch.db", "spec.bundle")
    do("watch", "show", "watch.db")


def _command(words: tuple[str, ...]) -> str:
    return "-".join(words[: 2 if words[0] == "watch" else 1])


def _document(words: tuple[str, ...], *, asked: bool = True) -> Document:
    """What a command puts on stdout."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        cli.run([*words, *(["--json"] if asked and _command(words) not in ALWAYS else [])])
    return json.loads(out.getvalue()) if asked else None


def test_each_has_a_schema_and_no_schema_is_of_none() -> None:
    """A new command with `--json` needs one; one that went leaves none."""
    assert names() == sorted({*ASKED, *ALWAYS})


@pytest.mark.parametrize("name", names())
def test_it_is_a_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of draft 2020-12, whole in itself; `automl schema` prints it, and an error is among what it allows."""
    assert cli.run(["schema", *name.split("-")]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    error = {"what": "broke", "where": None, "hint": None, "exit_code": 1}
    jsonschema.validate({"ok": False, "error": error}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"ok": False, "error": {"what": "broke"}}, schema)


@pytest.mark.parametrize("name", names())
def test_what_it_says_holds_to_it(name: str, said: dict[str, list[Document]]) -> None:
    """Every key is named, of its type, and none is missing; the documents are no errors but where one was asked for."""
    validator = jsonschema.Draft202012Validator(closed(schema_of(name)))
    for document in said[name]:
        found = jsonschema.exceptions.best_match(validator.iter_errors(document))
        assert found is None, f"{found.json_path}: {found.message}"
    assert any("error" not in document for document in said[name])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("verfy", "did you mean 'verify'?"), ("watch-lok", "did you mean 'watch look'?"), ("zz", "known: ")],
)
def test_a_wrong_command_is_told_the_right_one(name: str, hint: str) -> None:
    """The nearest, else all."""
    with pytest.raises(SpecError, match="no command") as raised:
        schema_of(name)
    assert str(raised.value.hint).startswith(hint)


def test_every_definition_is_used() -> None:
    """Of the shared ones, too: nothing stands there for nobody."""
    shared = json.loads((HOME / "shared.schema.json").read_text(encoding="utf-8"))["$defs"]
    assert set(shared) <= {name for each in names() for name in schema_of(each)["$defs"]}
    for each in names():
        own = json.loads((HOME / f"{each}.schema.json").read_text(encoding="utf-8")).get("$defs", {})
        assert set(own) <= set(schema_of(each)["$defs"])
