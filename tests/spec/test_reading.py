"""A spec is read, merged with recipe and overrides in their order, and refused with its place."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.spec import Spec, parse
from automl.spec.schema import json_schema
from automl.spec.writing import to_toml

Read = Callable[..., Spec]
Refusal = Callable[..., str]

SMALL = '[objective]\ntarget = "is_fraud"\n'
FULL = """
[objective]
target = "is_fraud"
task = "binary"
positive = "yes"
metric = "cost"
names = { act = "block", pass = "let through" }

[objective.costs]
currency = "EUR"
false_positive = 4.0
false_negative = 20

[data]
train = "transactions.parquet"
test = "../holdout.parquet"
time = "booked_at"
horizon = "30d"
timezone = "Europe/Berlin"
group = "customer_id"
key = ["bank", "transaction_id"]
weight = "w"
unseen_groups = true
exclude = ["processor_fee"]
types = { zipcode = "category" }
audit = { action = "warn", keep = ["fine"] }

[budget]
time = "10min"
memory = "8GB"
workers = 2
trials = 200
seed = 7

[limits]
latency_p99 = "2ms"
memory = "200MB"
size = "25MB"
latency_p50 = "1ms"
scores = { roc_auc = 0.80 }

[recipe]
name = "quick"
"""


def test_attributes_are_the_keys(read: Read, tmp_path: Path) -> None:
    """The keys of the file are attributes in plain units: seconds, bytes, shares."""
    spec = read(FULL)
    assert spec.objective.costs is not None
    assert (spec.objective.costs.form, spec.objective.costs.false_negative) == ("binary", 20.0)
    assert (spec.objective.positive, spec.objective.names and spec.objective.names.pass_) == ("yes", "let through")
    assert spec.data.train == str(tmp_path / "transactions.parquet")
    assert (spec.data.time, spec.data.key) == (("booked_at",), ("bank", "transaction_id"))
    assert (spec.data.horizon, spec.budget.time, spec.budget.memory) == (30 * 86400.0, 600.0, 8_000_000_000)
    assert (spec.limits.latency_p99, spec.limits.size) == (0.002, 25_000_000)
    assert spec.source == tmp_path / "fraud.toml"


def test_defaults(read: Read) -> None:
    """A target is enough; the rest has the defaults of the design."""
    spec = read(SMALL)
    assert (spec.budget.time, spec.budget.memory, spec.budget.seed) == (600.0, 8_000_000_000, 0)
    assert spec.budget.workers in {1, 2}
    assert (spec.budget.executor, spec.recipe.name, spec.recipe.folds, spec.recipe.members) == (
        "local",
        "balanced",
        5,
        4,
    )
    assert spec.limits.latency_p99 is None
    assert spec.data.train is None


def test_precedence(read: Read) -> None:
    """Defaults < recipe < spec < overrides, and a recipe builds on the one it extends."""
    assert read(SMALL, recipe="quick").budget.time == 60
    assert read(SMALL + '[recipe]\nname = "quick"\n').recipe.folds == 3
    assert read(SMALL + '[recipe]\nname = "quick"\n', recipe="balanced").recipe.folds == 5
    assert read(SMALL + '[recipe]\nname = "quick"\nfolds = 4\n').recipe.folds == 4
    spec = read(FULL, overrides=["budget.time=15s", "recipe.name=balanced", "recipe.folds=2", "data.key=id"])
    assert (spec.budget.time, spec.recipe.members, spec.recipe.folds, spec.data.key) == (15, 4, 2, ("id",))


def test_an_override_that_is_no_toml_is_text(read: Read) -> None:
    """`--set` takes TOML values, and text where it is none."""
    spec = read(
        FULL,
        overrides=[
            "budget.time = 15s",
            'objective.names.act = "stop"',
            "data.exclude=['a', 'b']",
            "data.train=x y.csv",
        ],
    )
    assert (spec.budget.time, spec.objective.names and spec.objective.names.act) == (15, "stop")
    assert spec.data.exclude == ("a", "b")
    assert Path(str(spec.data.train)).name == "x y.csv"


def test_paths_are_relative_to_the_spec(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the spec is where paths start, not the current one; absolute paths stay."""
    monkeypatch.chdir("/")
    assert read(FULL).data.test == str(tmp_path / "../holdout.parquet")
    assert read(SMALL + '[data]\ntrain = "/data/x.csv"').data.train == "/data/x.csv"
    assert parse({"objective": {"target": "y"}, "data": {"train": "x.csv"}}, base=tmp_path).data.train == str(
        tmp_path / "x.csv"
    )


def test_resolved_reads_back(read: Read, tmp_path: Path) -> None:
    """The resolved view has people's units and paths, and reads back as an equal spec, from JSON and from TOML."""
    spec = read(FULL)
    resolved = spec.resolved()
    assert (resolved["budget"]["time"], resolved["limits"]["size"]) == ("10min", "25MB")
    assert resolved["data"]["test"] == "../holdout.parquet"
    assert parse(json.loads(json.dumps(resolved)), base=tmp_path) == spec
    assert parse(tomllib.loads(to_toml(resolved)), base=tmp_path) == spec


def test_the_mapping_is_left_alone(tmp_path: Path) -> None:
    """`parse` does not change what it is given."""
    given = {"objective": {"target": "y"}, "data": {"train": "x.csv"}}
    parse(given, base=tmp_path)
    assert given == {"objective": {"target": "y"}, "data": {"train": "x.csv"}}


@pytest.mark.parametrize(
    "line",
    [
        *(f"time = {value}" for value in ("0", "-1", "nan", "1e308", "inf", "60", '"0s"', '"-5min"', '"5 minutes"')),
        *(f"memory = {value}" for value in ("0", "-1", "nan", "1e308", '"0GB"', '"8 gigabytes"', '"1e308GB"')),
        *(f"workers = {value}" for value in ("0", "-1", "nan", "1e308", '"two"', "2.5", "true")),
        *(f"trials = {value}" for value in ("0", "-1", "nan", "1e308", '"many"')),
        *(f"seed = {value}" for value in ("-1", "nan", "1e308", '"lucky"', "4294967296")),
    ],
)
def test_bad_budgets(refusal: Refusal, line: str) -> None:
    """S06: a budget that is none is refused with its line and what was expected."""
    key = line.partition(" ")[0]
    assert refusal(SMALL + f"[budget]\n{line}\n").startswith(f"fraud.toml:4 budget.{key}: expected ")


def test_schema(golden: Callable[[str, str], None]) -> None:
    """The JSON Schema for editors changes only on purpose."""
    golden("schema.json", json.dumps(json_schema(), indent=2) + "\n")
