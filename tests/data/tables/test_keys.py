"""How the rows of two tables meet by their keys, and what never will."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from automl.data.tables.keys import Join, inspect_keys, inspect_times
from automl.errors import DataError
from automl.spec.data import Table

MAIN = pl.DataFrame({"who": ["a", "a", "b", "c", ""]})


def met(child: pl.DataFrame, raw: pl.DataFrame | None = None, main: pl.DataFrame = MAIN, **table: Any) -> tuple:
    """The join of a table with main, and what is told; `raw` is the child as it came."""
    samples = {"main": main, "visits": child if raw is None else raw}
    frames = {"main": MAIN, "visits": child}
    return inspect_keys("visits", Table(**({"on": {"who": "who"}} | table)), frames, samples)


def test_several_rows_of_a_key_are_a_history_and_one_is_a_lookup() -> None:
    """Each key is counted, and which side has how many."""
    (join,), (said,) = met(pl.DataFrame({"who": ["a", "a", "b"], "x": [1.0, 2.0, 3.0]}))
    assert join == Join(name="visits", to="main", on=(("who", "who"),), time=None, many=True)
    assert "a history of main: at most 2 rows for each who" in said.text
    (join,), (said,) = met(pl.DataFrame({"who": ["a", "b"]}))
    assert not join.many
    assert "a lookup for main: one row for each who" in said.text


def test_each_key_of_a_table_is_looked_at() -> None:
    """Two keys are two joins, each with what was seen of its own key; copies are told once."""
    child = pl.DataFrame({"who": ["a", "a", "a"], "whom": ["b", "q", "b"]})
    joins, told = met(child, on=({"who": "who"}, {"whom": "who"}))
    assert [(join.on, join.many) for join in joins] == [((("who", "who"),), True), ((("whom", "who"),), True)]
    assert [said.evidence.get("orphans") for said in told] == [0, 1, None]
    assert told[2].evidence == {"copies": 1}


def test_keys_may_be_called_as_what_is_counted() -> None:
    """Two columns that are called `rows` and `0` join as any others."""
    child, main = (
        pl.DataFrame({"rows": ["a", "a"], "0": [1.0, 1.0]}),
        pl.DataFrame({"0": ["a", "b"], "rows": [1.0, 1.0]}),
    )
    frames = {"main": main, "visits": child}
    (join,), told = inspect_keys("visits", Table(on=({"rows": "0", "0": "rows"},)), frames, frames)
    assert join.many
    assert told[0].evidence == {"rows": 2, "keys": 1, "most": 2, "no_key": 0, "orphans": 0, "childless": 1}


def test_rows_that_meet_nobody_are_counted() -> None:
    """D19: without a key, of no row of main, rows of main without any, rows that stand twice."""
    _, told = met(pl.DataFrame({"who": ["a", "a", "z", ""]}))
    assert told[0].evidence == {"rows": 4, "keys": 2, "most": 2, "no_key": 1, "orphans": 1, "childless": 3}
    assert told[1].evidence == {"copies": 1}


def test_a_table_on_the_disk_is_counted_all_the_same() -> None:
    """It is computed and not held; whether rows stand twice is not looked at."""
    frames = {"main": MAIN, "visits": pl.LazyFrame({"who": ["a", "a"]})}
    (join,), told = inspect_keys("visits", Table(on=({"who": "who"},)), frames, {"main": MAIN, "visits": MAIN})
    assert join.many
    assert len(told) == 1


def test_keys_that_are_all_unknown_are_told() -> None:
    """Nothing can be learned from such a table, and that is no error."""
    _, (said,) = met(pl.DataFrame({"who": ["x", "y"]}))
    assert said.text == "no key of main is found in visits: who; nothing can be learned from it"


@pytest.mark.parametrize("known", [True, False])
def test_numbers_and_text_that_never_meet_are_an_error(known: bool) -> None:  # a parameter
    """7 and "007" are shown side by side; where some keys meet it is only said."""
    raw = pl.DataFrame({"who": [7, 8]})
    if known:
        _, told = met(pl.DataFrame({"who": ["a", "8"]}), raw=raw)
        assert "main has text such as 'a', visits numbers such as 7" in told[0].text
        return
    with pytest.raises(DataError, match="main has text such as 'a', visits numbers such as 7"):
        met(pl.DataFrame({"who": ["7", "8"]}), raw=raw)


def test_a_column_without_a_value_is_shown_as_nothing() -> None:
    """There is no example to give."""
    with pytest.raises(DataError, match="visits numbers such as nothing"):
        met(pl.DataFrame({"who": ["7"]}), raw=pl.DataFrame({"who": [None]}, schema={"who": pl.Int64}))


@pytest.mark.parametrize(
    ("time", "cutoff", "told"),
    [
        (None, None, []),
        (None, "day", ["visits has no time: all its rows count as always known"]),
        (
            "at",
            None,
            [
                "main has no time, so all rows of visits count, whatever their 'at'",
                "rows of visits without 'at': 1; they are never known",
            ],
        ),
        ("at", "day", ["rows of visits without 'at': 1; they are never known"]),
    ],
)
def test_times_that_are_not_known_are_told(time: str | None, cutoff: str | None, told: list[str]) -> None:
    """D19: of the table, of main, of single rows."""
    join = Join(name="visits", to="main", on=(("who", "who"),), time=time, many=True)
    frame = pl.DataFrame({"who": ["a", "b"], "at": [1.0, math.nan]})
    assert [said.text for said in inspect_times(join, frame, cutoff)] == told
