"""Other tables are read as their values say, their keys are compared, and what is odd is counted and told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from automl.data.prepare import prepare
from automl.data.tables.joins import join_tables
from automl.errors import DataError
from automl.spec import parse


def main(n: int = 40, **more) -> pl.DataFrame:
    """Rows with a key, a moment and a target."""
    columns = {
        "who": [f"c{i % 8}" for i in range(n)],
        "day": [f"2024-{1 + i % 12:02}-01" for i in range(n)],
        "x": [float(i) for i in range(n)],
        "y": [float(i % 7) for i in range(n)],
    }
    return pl.DataFrame(columns | more)


def child(**more) -> pl.DataFrame:
    """Rows of five customers, two of whom main does not know."""
    who = ["c0", "c0", "c1", "c1", "c1", "c2", None, "z1", "z2", "z2"]
    at = [datetime(2024, 1, 1 + i) for i in range(10)]  # noqa: DTZ001  # naive, as files have it
    return pl.DataFrame({"who": who, "at": at, "value": [float(i) for i in range(10)]} | more)


def joined(tables, frames, *, train=None, **data):
    """What `join_tables` finds for frames."""
    spec = parse({"objective": {"target": "y", "task": "regression"}, "data": {"tables": tables, **data}})
    train = main() if train is None else train
    prepared = prepare(spec, train=train, test=train)
    return join_tables(spec, prepared.train.raw, prepared.schema, prepared.labels, frames)


def text_of(found) -> str:
    return " | ".join(finding.text for finding in found.findings)


def test_lookup_and_history_are_found_from_the_data():
    """One row for each key is a lookup, several are a history; both are said."""
    once = child().unique("who", maintain_order=True)
    found = joined(
        {"visits": {"on": "who", "time": "at"}, "people": {"on": "who"}}, {"visits": child(), "people": once}
    )
    assert [(one.name, one.many) for one in found.joins] == [("visits", True), ("people", False)]
    assert "visits is a history of main: at most 3 rows for each who" in text_of(found)
    assert "people is a lookup for main: one row for each who" in text_of(found)


def test_broken_keys_are_counted():
    """D19: rows without a key, rows that belong to nobody, rows of main without any, rows that stand twice."""
    twice = pl.concat([child(), child().tail(1)])
    found = joined({"visits": {"on": "who"}}, {"visits": twice})
    text = text_of(found)
    assert "rows without a key: 1" in text
    assert "rows that belong to no row of main: 4" in text
    assert "rows of main that have none: 25" in text
    assert "rows of visits that equal another one: 1" in text


def test_an_empty_table_is_no_error():
    """D19: a table without rows is told, and its columns are read all the same."""
    found = joined({"visits": {"on": "who"}}, {"visits": child().clear()})
    assert "rows: 0, keys: 0" in text_of(found)
    assert found.frames["visits"].lazy().collect().height == 0


def test_numbers_and_text_that_never_meet_are_told():
    """A key that is 7 in one table and "007" in the other is an error that shows both, not an empty join."""
    rows = main(who=[f"00{i % 8}" for i in range(40)])
    visits = pl.DataFrame({"who": [0, 1, 2, 3], "value": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(DataError, match="no key of main is found in visits") as told:
        joined({"visits": {"on": "who"}}, {"visits": visits}, train=rows)
    assert "main has text such as '000', visits numbers such as 0" in str(told.value)


def test_numbers_and_text_that_are_the_same_meet():
    """7 and "7" are one key, in whatever type a file has it."""
    rows = main(who=[str(i % 8) for i in range(40)])
    visits = pl.DataFrame({"who": [0.0, 1.0, 1.0], "value": [1.0, 2.0, 3.0]})
    found = joined({"visits": {"on": "who"}}, {"visits": visits}, train=rows)
    assert "without a key" not in text_of(found)
    assert found.joins[0].many
    assert found.frames["visits"].lazy().collect()["who"].to_list() == ["0", "1", "1"]


def test_keys_that_are_dates_on_both_sides_meet_as_dates():
    """A composite key of a text and a date, written in two ways."""
    visits = pl.DataFrame({"who": ["c0", "c1"], "on": [datetime(2024, 1, 1), datetime(2024, 2, 1)], "v": [1.0, 2.0]})  # noqa: DTZ001
    found = joined({"visits": {"on": {"who": "who", "on": "day"}}}, {"visits": visits})
    assert found.wires["visits"]["on"] == "date"
    assert found.wires["main"]["day"] == "date"
    assert "rows of main that have none: 36" in text_of(found)
    assert "numbers such as" not in text_of(found)


def test_a_time_that_is_no_date_is_told():
    """A column of words is no time."""
    with pytest.raises(DataError, match="'kind' are no date"):
        joined({"visits": {"on": "who", "time": "kind"}}, {"visits": child(kind=["a", "b"] * 5)})


def test_past_rows_of_main_need_a_horizon():
    """Without a horizon the target is never history; with one, by the group and by the keys of other tables."""
    tables, frames = {"visits": {"on": "who", "time": "at"}}, {"visits": child()}
    without = joined(tables, frames, time="day")
    assert without.history == ()
    assert "y" not in without.wires["main"]
    found = joined(tables, frames, time="day", horizon="30d", group="who")
    assert found.history == (("who",),)
    assert found.wires["main"]["y"] == "number"
    stated = joined({"main": {"on": ["who", "x"]}}, {}, time="day", horizon="0d")
    assert stated.history == (("who", "x"),)


def test_rows_without_a_time_are_told():
    """D19: what is never known is counted."""
    visits = child().with_columns(at=pl.when(pl.int_range(10) == 3).then(None).otherwise("at"))
    found = joined({"visits": {"on": "who", "time": "at"}}, {"visits": visits}, time="day")
    assert "rows of visits without 'at': 1; they are never known" in text_of(found)


def test_another_time_zone_is_told_and_can_be_said():
    """A history that ends at main's rows, written by clocks of New York: told, and gone once the spec says so."""
    rng = np.random.default_rng(0)
    moment = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=h) for h in rng.uniform(0, 900, 50)]
    train = main(50, who=[f"c{i}" for i in range(50)], day=[f"{t:%Y-%m-%d %H:%M:%S}" for t in moment])
    before = [(i, moment[i] - timedelta(hours=h)) for i in range(50) for h in rng.uniform(0, 500, 300)]
    local = [f"{t.astimezone(ZoneInfo('America/New_York')):%Y-%m-%d %H:%M:%S}" for _, t in before]
    visits = {"visits": pl.DataFrame({"who": [f"c{i}" for i, _ in before], "at": local})}
    told = joined({"visits": {"on": "who", "time": "at"}}, visits, train=train, time="day")
    assert "visits has no rows in the 5 hours before a row of main" in text_of(told)
    said = {"visits": {"on": "who", "time": "at", "timezone": "America/New_York"}}
    assert "another zone" not in text_of(joined(said, visits, train=train, time="day"))


def test_a_table_is_joined_by_two_keys_of_main():
    """A list of maps is a join each: the table is read once, and every key is compared as text."""
    people = pl.DataFrame({"id": range(8), "age": [20.0 + i for i in range(8)]})
    rows = main(buyer=[i % 8 for i in range(40)], seller=[str(i % 5) for i in range(40)])
    tables = {"people": {"on": [{"id": "buyer"}, {"id": "seller"}]}}
    found = joined(tables, {"people": people}, train=rows, time="day", horizon="0d")
    assert [one.on for one in found.joins] == [(("id", "buyer"),), (("id", "seller"),)]
    assert [found.wires["main"][key] for key in ("buyer", "seller")] == ["category", "category"]
    assert found.history == (("buyer",), ("seller",))
    text = text_of(found)
    assert "people is a lookup for main: one row for each buyer" in text
    assert "people is a lookup for main: one row for each seller" in text
    assert text.count("people has no time") == 1


def test_a_table_that_all_rows_share_is_joined_by_one_value():
    """Weather belongs to no key: a column with one value in both tables joins it, and its time does the rest."""
    frames = {"weather": child().select("at", "value", everywhere=pl.lit(1))}
    tables = {"weather": {"on": "everywhere", "time": "at"}}
    found = joined(tables, frames, train=main(everywhere=[1] * 40), time="day")
    (join,) = found.joins
    assert (join.many, join.time) == (True, "at")
    assert "a history of main: at most 10 rows for each everywhere" in text_of(found)
    assert found.wires["main"]["everywhere"] == "category"


def test_past_rows_of_main_by_two_keys():
    """`[data.tables.main]` takes a list of maps, too: two histories."""
    found = joined({"main": {"on": [{"who": "who"}, {"x": "x"}]}}, {}, time="day", horizon="0d")
    assert found.history == (("who",), ("x",))
