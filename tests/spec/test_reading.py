"""A spec is read, merged with recipe and overrides in their order, and refused with its place."""

from __future__ import annotations

import json
import pickle
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from automl.errors import SpecError
from automl.spec import Spec, load, parse
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


@pytest.mark.parametrize(
    "costs", [{"false_positive": 1, "false_negative": 5}, {"matrix": {"good": {"yes": 0, "no": 1}}}]
)
def test_costs_read_back(costs: dict[str, object]) -> None:
    """Each form of costs is written without the keys of the others."""
    spec = parse({"objective": {"target": "y", "costs": costs}})
    assert parse(spec.resolved()) == spec


def test_a_spec_is_frozen_and_pickles(read: Read) -> None:
    """Nobody changes a spec, and it crosses process borders whole."""
    spec = read(FULL)
    with pytest.raises(ValidationError, match="frozen"):
        spec.budget.time = 5  # type: ignore[misc]  # the claim
    copy = pickle.loads(pickle.dumps(spec))  # noqa: S301  # our own bytes
    assert copy == spec
    assert copy.resolved() == spec.resolved()


def test_the_mapping_is_left_alone(tmp_path: Path) -> None:
    """`parse` does not change what it is given."""
    given = {"objective": {"target": "y"}, "data": {"train": "x.csv"}}
    parse(given, base=tmp_path)
    assert given == {"objective": {"target": "y"}, "data": {"train": "x.csv"}}


def test_unknown_keys(refusal: Refusal) -> None:
    """S01: an unknown key is refused with file, line, key and the nearest key."""
    text = refusal(SMALL + "[limits]\nlatncy_p99 = '2ms'\n")
    assert text == "fraud.toml:4 limits.latncy_p99: unknown key 'latncy_p99'\n  did you mean 'latency_p99'?"
    assert "did you mean 'limits'?" in refusal(SMALL + "[limit]\n")
    assert "fraud.toml:4 budget.latency_p99: unknown key 'latency_p99'\n  it belongs to [limits]" in refusal(
        SMALL + "[budget]\nlatency_p99 = '2ms'\n"
    )
    assert "--set budget.tme: unknown key 'tme'\n  did you mean 'time'?" in refusal(SMALL, overrides=["budget.tme=1s"])


def test_all_problems_at_once(refusal: Refusal) -> None:
    """S01: every problem is told with its own place, typos first."""
    text = refusal('[objective]\ntargt = "y"\n[budget]\ntime = "fast"\n[data.types]\nZip = "cat"\n')
    kinds = "'number', 'category', 'date', 'text', 'flag' or 'id'"
    assert text.splitlines() == [
        "fraud.toml:2 objective.targt: unknown key 'targt'",
        "  did you mean 'target'?",
        "  fraud.toml:1 objective.target: is missing; add target = ... under [objective]",
        f"  fraud.toml:6 data.types.Zip: expected {kinds}, got \"cat\"; did you mean 'category'?",
        '  fraud.toml:4 budget.time: expected a time such as "2ms", "30s", "10min", "2h" or "30d", got "fast"',
    ]


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


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ("false_positive = 1", "false_negative is missing"),
        ("false_positive = nan\nfalse_negative = 1", "expected an amount"),
        (
            "false_positive = 1\nfalse_negative = 1\nunder = 2\nover = 1",
            "expected false_positive and false_negative, or",
        ),
        ("currency = 'EUR'", "expected false_positive and false_negative, or"),
        ("matrix = { a = { x = 1, y = 2 }, b = { x = 1 } }", 'the row "b" has no cost for the action "y"'),
    ],
)
def test_bad_costs(refusal: Refusal, costs: str, words: str) -> None:
    """Costs are whole and of one form, or refused."""
    text = refusal(SMALL + f"[objective.costs]\n{costs}\n")
    assert text.startswith("fraud.toml:")
    assert words in text


def test_costs_for_the_metric_cost(refusal: Refusal) -> None:
    """`metric = "cost"` without costs is refused."""
    assert 'metric = "cost" needs [objective.costs]' in refusal(SMALL + 'metric = "cost"\n')


def test_wrong_recipe(refusal: Refusal) -> None:
    """A wrong recipe is answered with the nearest one."""
    assert refusal(SMALL, recipe="quik") == "--recipe recipe.name: no recipe 'quik'\n  did you mean 'quick'?"
    assert "fraud.toml:4 recipe.name" in refusal(SMALL + '[recipe]\nname = "balancd"\n')


@pytest.mark.parametrize("text", ["budget.time", "=3", "a..b=1", ""])
def test_bad_overrides(refusal: Refusal, text: str) -> None:
    """An override that is no key=value is refused."""
    assert "--set: expected key=value" in refusal(SMALL, overrides=[text])


def test_no_toml(refusal: Refusal, tmp_path: Path) -> None:
    """A file that is no TOML is refused with its line, one in other bytes or missing too."""
    assert refusal('[objective]\ntarget = "x\n').startswith("fraud.toml:2: no TOML: ")
    assert refusal("a = [" * 5000).startswith("fraud.toml")
    for name, content in (("latin.toml", b"a = '\xe9'"), ("nul.toml", b"\0\0"), ("big.toml", b"#" * 1_000_001)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SpecError, match=name):
            load(tmp_path / name)
    with pytest.raises(SpecError, match="there is no such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(SpecError, match="cannot be read"):
        load(tmp_path)


def test_yaml(tmp_path: Path) -> None:
    """S02: a YAML spec is refused before anything reads it."""
    evil = tmp_path / "spec.yaml"
    evil.write_text("!!python/object/apply:os.system ['touch /tmp/pwned']\n")
    with pytest.raises(SpecError, match=r"expected a spec in TOML, got \.yaml"):
        load(evil)
    renamed = tmp_path / "spec.toml"
    evil.rename(renamed)
    with pytest.raises(SpecError, match="no TOML"):
        load(renamed)


def test_windows_files(tmp_path: Path) -> None:
    """A byte order mark and Windows line ends are no trouble."""
    path = tmp_path / "spec.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load(path).objective.target == "is_fraud"


def test_secrets(refusal: Refusal) -> None:
    """S05: a database address is a reference; a literal one is refused without being repeated."""
    text = refusal(SMALL + '[data]\ntrain = { query = "select 1", url = "postgres://user:hunter2@host" }\n')
    assert 'such as "env:DB_URL"' in text
    assert "hunter2" not in text


def test_control_characters(refusal: Refusal) -> None:
    """S08: a key with an escape code or a line break in it cannot forge a line of the message."""
    text = refusal('[objective]\ntarget = "y"\n"\\u001b[31mred\\nfraud.toml: fine" = 1\n')
    assert "\x1b" not in text
    assert not any(line.startswith("fraud.toml: fine") for line in text.splitlines())


def test_schema(golden: Callable[[str, str], None]) -> None:
    """The JSON Schema for editors changes only on purpose."""
    golden("schema.json", json.dumps(json_schema(), indent=2) + "\n")
