"""How main and other tables are read: keys alike on both sides, times as dates, nothing that only tells rows apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from automl.data.read.table_rows import TableReaders
from automl.data.read.typed_tables import read_table
from automl.data.rows import Finding, Labels
from automl.data.schema import infer_schema
from automl.data.tables.table_readers import cutoff_of, history_of, table_readers, wires_of
from automl.errors import DataError, SpecError
from automl.spec import Spec, parse
from automl.task import Task

MAIN = pl.DataFrame(
    {
        "who": ["a", "b"] * 20,
        "day": ["2024-01-01", "2024-02-01"] * 20,
        "paid": [1.0, 2.0] * 20,
        "say": [f"the {i}th of many long and honest sentences" for i in range(40)],
        "y": [0, 1] * 20,
    }
)
VISITS = pl.DataFrame({"who": ["a", "b"], "at": ["2024-01-01", "2024-01-02"], "value": [1.0, 2.0]})
LABELS = Labels(name="y", task=Task(kind="binary", classes=2), values=(0, 1), texts=("0", "1"), dtype="int")


def spec_of(tables: dict[str, Any], **data: Any) -> Spec:
    return parse({"objective": {"target": "y"}, "data": {"tables": tables, **data}})


def read(spec: Spec, **samples: pl.DataFrame) -> tuple[TableReaders, list[Finding]]:
    schema, _ = infer_schema(MAIN, spec)
    return table_readers(spec, schema, LABELS, {"main": MAIN, **samples}, dict.fromkeys(samples))


def test_main_is_read_for_its_keys_times_and_numbers() -> None:
    """Free text and the target are not looked at in front of other tables."""
    readers, told = read(spec_of({"visits": {"on": "who", "time": "at"}}, time="day"), visits=VISITS)
    assert wires_of(readers) == {
        "main": {"who": "category", "day": "date", "paid": "number"},
        "visits": {"who": "category", "at": "date", "value": "number"},
    }
    assert readers["tables"]["visits"]["dialect"] is None
    assert told == []


def test_past_rows_of_main_show_what_became_known() -> None:
    """The target as 0 and 1 and the outcomes stand in them, and that they serve is said."""
    spec = spec_of({"visits": {"on": "who"}}, time="day", horizon="30d", outcomes=["paid"])
    readers, (told,) = read(spec, visits=VISITS)
    past = readers["tables"]["main"]
    assert [column["name"] for column in past["reader"]["columns"]] == ["who", "day", "paid", "y"]
    assert past["positive"] == {"y": "1"}
    assert "dialect" not in past
    assert wires_of(readers)["main"]["y"] == "flag"
    assert "past rows of main serve as history by who" in told.text


def test_keys_are_dates_where_both_sides_are() -> None:
    """A date that meets a text is text on both sides, and so is every column that meets one of them."""
    both = spec_of({"visits": {"on": {"who": "who", "at": "day"}}})
    assert wires_of(read(both, visits=VISITS)[0])["visits"]["at"] == "date"
    texts = VISITS.with_columns(at=pl.Series(["x", "y"]))
    wires = wires_of(read(both, visits=texts)[0])
    assert (wires["visits"]["at"], wires["main"]["day"]) == ("category", "category")


ELSEWHERE = {"on": {"who": "who", "day": "day"}, "time": "at", "timezone": "America/New_York"}
STAYS = pl.DataFrame({"who": ["a"], "day": ["2024-01-01"], "at": ["2024-01-01 20:00"], "until": ["2024-01-02 09:00"]})


@pytest.mark.parametrize("given", ["frame", "typed", "lazy", "rows"])
def test_a_table_may_be_of_another_time_zone(given: str) -> None:
    """All its dates that name no zone are of its own, but its keys: a day is the same day in every table."""
    readers, _ = read(spec_of({"stays": ELSEWHERE}, time="day", timezone="Europe/Paris"), stays=STAYS)
    typed = STAYS.with_columns(pl.col("at", "until").str.to_datetime("%Y-%m-%d %H:%M"))
    rows = {"frame": STAYS, "typed": typed, "lazy": STAYS.lazy(), "rows": STAYS.to_dicts()}[given]
    found = read_table("stays", readers["tables"]["stays"], rows).lazy().collect().row(0, named=True)
    there = [datetime(2024, 1, 2, 1, tzinfo=UTC), datetime(2024, 1, 2, 14, tzinfo=UTC)]
    assert [found["at"], found["until"]] == [moment.timestamp() * 1e6 for moment in there]
    main = read_table("main", {"reader": readers["main"]}, MAIN.head(1)).lazy().collect()
    assert found["day"] == main["day"][0] == datetime(2023, 12, 31, 23, tzinfo=UTC).timestamp() * 1e6


def test_times_that_name_their_zone_keep_it() -> None:
    """`timezone` is of times that name none."""
    readers, _ = read(spec_of({"stays": ELSEWHERE}, time="day"), stays=STAYS)
    named = STAYS.with_columns(at=pl.lit("2024-01-01 20:00+02:00"))
    found = read_table("stays", readers["tables"]["stays"], named).lazy().collect()
    assert found["at"][0] == datetime(2024, 1, 1, 18, tzinfo=UTC).timestamp() * 1e6


def test_what_only_tells_rows_apart_is_left_out() -> None:
    """Row numbers, names that hardly repeat, lists; few rows are not enough to say so."""
    n = 30
    more = {
        "visit_id": range(n),
        "name": [f"n{i}" for i in range(n)],
        "tags": [["x"]] * n,
        "v": [i % 3 for i in range(n)],
    }
    visits = pl.DataFrame({"who": ["a", "b"] * 15, **more})
    spec = spec_of({"visits": {"on": "who"}})
    readers, (told,) = read(spec, visits=visits)
    assert wires_of(readers)["visits"] == {"who": "category", "v": "number"}
    assert told.evidence == {"columns": ["visit_id", "name", "tags"]}
    assert "visit_id" in wires_of(read(spec, visits=visits.head(10))[0])["visits"]


def test_types_and_exclusions_are_those_of_the_spec() -> None:
    """What is said of a column goes before what is found; an id is not read."""
    table = {"on": "who", "types": {"value": "category", "n": "id"}, "exclude": ["at"]}
    readers, told = read(spec_of({"visits": table}), visits=VISITS.with_columns(n=pl.Series([1, 2])))
    assert wires_of(readers)["visits"] == {"who": "category", "value": "category"}
    assert told == []


def test_a_time_that_is_no_date_is_told() -> None:
    """A column of words is no time."""
    with pytest.raises(DataError, match="most values of 'at' are no date") as error:
        read(spec_of({"visits": {"on": "who", "time": "at"}}), visits=VISITS.with_columns(at=pl.lit("soon")))
    assert error.value.where == "data.tables.visits.time"


def test_a_key_of_lists_is_told() -> None:
    """It has no single values that could meet others."""
    with pytest.raises(DataError, match="the key 'who' of 'visits' holds no single values"):
        read(spec_of({"visits": {"on": "who"}}), visits=VISITS.with_columns(who=pl.Series([["a"], ["b"]])))


def test_the_cutoff_is_one_column() -> None:
    """The one that is named, else the time; of several columns nobody knows which."""
    tables = {"visits": {"on": "who"}}
    assert cutoff_of(spec_of(tables)) is None
    assert cutoff_of(spec_of(tables, time="day")) == "day"
    assert cutoff_of(spec_of(tables, time="day", cutoff="paid")) == "paid"
    with pytest.raises(SpecError, match="the time of a row in one column"):
        cutoff_of(spec_of(tables, time=["day", "paid"]))


@pytest.mark.parametrize(
    ("tables", "data", "keys"),
    [
        ({"visits": {"on": "who"}}, {"time": "day"}, ()),
        ({"visits": {"on": "who"}}, {"horizon": "1d"}, ()),
        ({"visits": {"on": "who"}}, {"time": "day", "horizon": "1d"}, (("who",),)),
        ({"visits": {"on": "who"}}, {"time": "day", "horizon": "1d", "group": "paid"}, (("paid",), ("who",))),
        ({"visits": {"on": {"at": "day"}}}, {"time": "day", "horizon": "1d"}, ()),
        (
            {"visits": {"on": "who"}, "more": {"on": "id", "to": "visits"}},
            {"time": "day", "horizon": "1d"},
            (("who",),),
        ),
        ({"main": {"on": ["who", "paid"]}}, {"time": "day", "horizon": "1d"}, (("who", "paid"),)),
    ],
)
def test_past_rows_are_found_by_shared_keys(tables: dict, data: dict, keys: tuple) -> None:
    """As stated, else by the group and by what main shares with other tables, never by its time; with a horizon."""
    assert history_of(spec_of(tables, **data)) == keys
