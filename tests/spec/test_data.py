"""Where rows are and what columns are for: read strictly, with secrets kept out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from automl.spec.data import ANSWERS, Audit, Data, Query, Table, check_reference, check_timezone, read_joins

Refusal = Callable[..., str]
SMALL = '[objective]\ntarget = "is_fraud"\n'


@pytest.mark.parametrize("name", ANSWERS)
def test_a_key_has_no_name_of_an_answer(refusal: Refusal, name: str) -> None:
    """It could not stand beside it: told where the spec is read, with what to do."""
    text = refusal(SMALL + f'[data]\nkey = ["id", "{name}"]\n')
    assert f'data.key: "{name}" is what an answer is called: give the key column another name' in text


def test_secrets(refusal: Refusal) -> None:
    """S05: a database address is a reference; a literal one is refused without being repeated."""
    text = refusal(SMALL + '[data]\ntrain = { query = "select 1", url = "postgres://user:hunter2@host" }\n')
    assert 'such as "env:DB_URL"' in text
    assert "hunter2" not in text


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_time_zones(name: str) -> None:
    """An IANA name is kept as it is."""
    assert check_timezone(name) == name


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "UTC\x00", "Europe"])
def test_no_time_zones(name: str) -> None:
    """A place that is none, a folder or a path out of the zones is refused with an example."""
    with pytest.raises(ValueError, match='expected a time zone such as "UTC"'):
        check_timezone(name)


@pytest.mark.parametrize("value", ["env:", "env:1A", "env:A B", "env:A\n", "ENV:A", "sqlite:///rows.db", 5, None])
def test_an_address_is_no_reference(value: object) -> None:
    """Only `env:NAME` passes, and the refusal does not repeat what was given."""
    with pytest.raises(ValueError, match="expected the name of an environment variable") as caught:
        check_reference(value)
    assert "rows.db" not in str(caught.value)
    assert check_reference("env:DB_URL") == "env:DB_URL"


@pytest.mark.parametrize(
    ("value", "joins"),
    [
        ("shop", ({"shop": "shop"},)),
        (["shop", "day"], ({"shop": "shop", "day": "day"},)),
        ({"shop_id": "id"}, ({"shop_id": "id"},)),
        ([{"id": "buyer"}, {"id": "seller"}], ({"id": "buyer"}, {"id": "seller"})),
        ([{"id": "buyer"}, {"id": "buyer", "day": "day"}], ({"id": "buyer"}, {"id": "buyer", "day": "day"})),
    ],
)
def test_what_joins_tables(value: object, joins: tuple[dict[str, str], ...]) -> None:
    """A column, a list of columns that are one key, pairs of names, or a list of such pairs that are a join each."""
    assert read_joins(value) == joins
    assert Table.model_validate({"on": value}).on == joins


def test_joins_are_written_as_they_are_read() -> None:
    """One map, or a list of several: what is resolved reads back."""
    for value in ({"shop_id": "id"}, [{"id": "buyer"}, {"id": "seller"}]):
        assert Table.model_validate({"on": value}).model_dump(mode="json")["on"] == value


@pytest.mark.parametrize(
    "value",
    [
        *("", [], {}, {"a": ""}, {"a": 1}, 3, None, ["a", "a"], [{}], [{"a": "b"}, {}], [["a"]]),
        *([{"a": "b"}, {"a": "b"}], [{"a": "b", "c": "d"}, {"c": "d", "a": "b"}], [{"a": "b"}, "c"]),
    ],
)
def test_what_joins_nothing(value: object) -> None:
    """Without names on both sides there is no join."""
    with pytest.raises(ValueError, match="expected"):
        read_joins(value)


def test_defaults() -> None:
    """Unsaid: no rows named, times in UTC, a leak is excluded, the model of the split ships."""
    data = Data()
    assert (data.train, data.timezone, data.final, data.audit.action) == (None, "UTC", "split", "exclude")
    assert (data.time, data.key, data.tables) == ((), (), {})


def test_one_name_or_several() -> None:
    """`time = "day"` is the same as `time = ["day"]`; their order is kept."""
    assert Data.model_validate({"time": "day"}) == Data.model_validate({"time": ["day"]})
    assert Data.model_validate({"time": ["year", "month"]}).time == ("year", "month")


def test_rows_of_a_database() -> None:
    """A query stands where a path could; its address stays the reference."""
    data = Data.model_validate({"train": {"query": "select 1", "url": "env:DB_URL"}})
    assert data.train == Query(query="select 1", url="env:DB_URL")


@pytest.mark.parametrize("types", [{"zip": "categories"}, {"zip": 3}, ["zip"]])
def test_types_that_are_none(types: object) -> None:
    """A type of a column is one of the six."""
    with pytest.raises(ValidationError):
        Data.model_validate({"types": types})


def test_when_folds_may_follow_test() -> None:
    """Only where the user names neither time nor groups and lets the audit act."""
    assert Data().follows_test
    assert Data(audit=Audit(action="stop")).follows_test
    for data in (Data(time=("day",)), Data(group="customer"), Data(audit=Audit(action="warn"))):
        assert not data.follows_test


@pytest.mark.parametrize("least", [0, -1, 2.5, "5", True])
def test_the_rows_of_a_level_are_a_number(least: object) -> None:
    """`privacy.min_level` is a whole number from 1 on, and nothing where it is not said."""
    assert Data().privacy.min_level is None
    with pytest.raises(ValidationError):
        Data.model_validate({"privacy": {"min_level": least}})
