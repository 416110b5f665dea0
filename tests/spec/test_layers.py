"""Layers are read from files and overrides, merged in their order, and asked where a key came from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.errors import SpecError
from automl.spec import load
from automl.spec.layers import Layer, locate, merge, read_layer, read_override

Refusal = Callable[..., str]
SMALL = '[objective]\ntarget = "is_fraud"\n'


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


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("budget.time=15s", {"budget": {"time": "15s"}}),
        ("budget.seed = 7", {"budget": {"seed": 7}}),
        ("data.exclude=['a', 'b']", {"data": {"exclude": ["a", "b"]}}),
        ("data.train=a=b.csv", {"data": {"train": "a=b.csv"}}),
        ("data.train=", {"data": {"train": ""}}),
        ("budget.seed=1\nlimits.size=2", {"budget": {"seed": "1\nlimits.size=2"}}),
    ],
)
def test_an_override(text: str, values: dict[str, object]) -> None:
    """The first = divides; a value is TOML or else text, and cannot smuggle in a second key."""
    assert read_override(text).values == values


names = some.sampled_from("abc")
tables = some.recursive(
    some.dictionaries(names, some.integers(0, 3)),
    lambda inner: some.dictionaries(names, some.integers(0, 3) | inner),
    max_leaves=6,
)


@given(tables, tables)
def test_a_later_layer_wins(low: dict[str, object], high: dict[str, object]) -> None:
    """Every value of the later layer holds, the earlier keeps what it alone says, and neither is changed."""
    before = repr((low, high))
    merged = merge([Layer(name="low", values=low), Layer(name="high", values=high)])
    assert merge([Layer(name="merged", values=merged), Layer(name="high", values=high)]) == merged
    assert set(merged) == set(low) | set(high)
    assert all(merged[key] == low[key] for key in low.keys() - high.keys())
    assert all(merged[key] == value for key, value in high.items() if not isinstance(value, dict))
    assert repr((low, high)) == before


def test_merged_tables_are_nobodys() -> None:
    """Who changes the merged values does not change the layer they came from."""
    given_values = {"data": {"types": {"a": "text"}}}
    merge([Layer(name="x", values=given_values)])["data"]["types"]["a"] = "id"
    assert given_values == {"data": {"types": {"a": "text"}}}


def test_where_a_key_came_from(tmp_path: Path) -> None:
    """The last layer that says it, with the line of the file; an override has a name but no line."""
    (tmp_path / "a.toml").write_text("[budget]\ntime = '1s'\n\n[data]\nkey = ['x', 'y']\n")
    layers = [read_layer(tmp_path / "a.toml"), read_override("budget.seed=1")]
    assert locate(layers, ("budget", "time")) == "a.toml:2 budget.time"
    assert locate(layers, ("data", "key", 1)) == "a.toml:5 data.key.1"
    assert locate(layers, ("budget", "seed")) == "--set budget.seed"
    assert locate(layers, ("data", "missing")) == "a.toml:4 data.missing"
    assert locate(layers, ("nowhere",)) == "--set nowhere"
    assert locate([], ("nowhere",)) == "nowhere"


def test_a_layer_without_a_key() -> None:
    """Taking a key away gives a new layer; taking away what is not there changes nothing."""
    layer = Layer(name="x", values={"a": 1, "b": 2})
    assert (layer.without("a").values, layer.without("c").values) == ({"b": 2}, {"a": 1, "b": 2})
    assert layer.has(("a",))
    assert not layer.has(("a", "deeper"))
    assert layer.has(())


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    """No text is TOML without keys."""
    (tmp_path / "empty.toml").touch()
    assert read_layer(tmp_path / "empty.toml").values == {}
