"""Tables are joined by their values: lookups, histories, times, and what meets nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.init.init import Begun

Save = Callable[..., Path]


def day(count: int, start: str = "2024-01-01") -> pl.Series:
    """So many days as text."""
    first = np.datetime64(start)
    return pl.Series([str(first + i) for i in range(count)])


@pytest.fixture
def letters() -> pl.DataFrame:
    """300 letters to 60 customers, one a day."""
    draw = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "customer_id": draw.integers(100, 160, 300),
            "order_date": day(300),
            "pages": draw.integers(1, 9, 300),
            "responded": draw.choice(["yes", "no"], 300),
        }
    )


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write frames as files of a folder."""

    def write(**frames: pl.DataFrame) -> Path:
        for name, frame in frames.items():
            frame.write_csv(tmp_path / f"{name}.csv")
        return tmp_path

    return write


def customers() -> pl.DataFrame:
    """A lookup whose key has another name."""
    return pl.DataFrame({"id": range(100, 170), "town": [f"town {i % 7}" for i in range(70)]})


def purchases() -> pl.DataFrame:
    """A history with two times: when a purchase was made, and when it was sent."""
    draw = np.random.default_rng(1)
    made = day(250, "2023-06-01")
    return pl.DataFrame(
        {
            "customer_id": draw.integers(100, 165, 250),
            "booked_at": made,
            "sent": day(250, "2023-06-09"),
            "sum": draw.random(250),
        }
    )


def test_lookups_and_histories(letters: pl.DataFrame, save: Save, begin_spec: Callable[..., dict[str, Any]]) -> None:
    """A key of another name is found by its values; a history counts from the time that is so named."""
    spec = begin_spec(save(train=letters, customers=customers(), purchases=purchases()))
    tables = spec["data"]["tables"]
    assert spec["data"]["time"] == "order_date"
    assert tables["customers"]["on"] == {"id": "customer_id"}
    assert tables["purchases"]["on"] == {"customer_id": "customer_id"}
    assert tables["purchases"]["time"] == "booked_at"


def test_a_table_two_steps_away(letters: pl.DataFrame, save: Save, begin_spec: Callable[..., dict[str, Any]]) -> None:
    """What meets another table alone is joined to that."""
    bought = purchases().with_columns(item_id=pl.Series([f"item {i % 40}" for i in range(250)]))
    items = pl.DataFrame({"item_id": [f"item {i}" for i in range(40)], "price": np.arange(40) * 1.5})
    tables = begin_spec(save(train=letters, purchases=bought, items=items))["data"]["tables"]
    assert (tables["items"]["to"], tables["items"]["on"]) == ("purchases", {"item_id": "item_id"})


def test_a_lookup_that_is_known_too_late_is_a_history(
    letters: pl.DataFrame, save: Save, begin_spec: Callable[..., dict[str, Any]]
) -> None:
    """One row for each customer and day, known a day later: earlier days of the customer are what can be used."""
    days = letters.unique(["customer_id", "order_date"], maintain_order=True)
    visits = days.select("customer_id", "order_date", visits=pl.col("pages") * 2, known_from=day(301)[1:])
    table = begin_spec(save(train=letters, visits=visits))["data"]["tables"]["visits"]
    assert (table["on"], table["time"]) == ({"customer_id": "customer_id"}, "known_from")


def test_the_target_of_another_table_is_left_out(
    letters: pl.DataFrame, save: Save, begin_spec: Callable[..., dict[str, Any]]
) -> None:
    """A table without a time that holds the answers gives all but these."""
    others = pl.DataFrame({"customer_id": range(100, 160), "size": range(60), "responded": ["yes", "no"] * 30})
    table = begin_spec(save(train=letters, others=others), target="responded")["data"]["tables"]["others"]
    assert table["exclude"] == ["responded"]


def test_what_meets_nothing_is_told(letters: pl.DataFrame, save: Save, begun: Callable[..., Begun]) -> None:
    """It is left out, and that is said."""
    weather = pl.DataFrame({"station": [f"s{i}" for i in range(30)], "rain": np.arange(30) / 7})
    told = begun(save(train=letters, weather=weather))
    assert "tables" not in told.text
    assert any(note.startswith("weather.csv is left out") for note in told.notes)


def test_which_table_is_the_main_one(
    letters: pl.DataFrame, save: Save, begin_spec: Callable[..., dict[str, Any]]
) -> None:
    """The one that alone has the target that was named, where no name says it."""
    data = begin_spec(save(letters=letters, purchases=purchases()), target="responded")["data"]
    assert data["train"] == "letters.csv"
    assert set(data["tables"]) == {"purchases"}


def test_short_codes_and_a_time_in_one_column(save: Save, begin_spec: Callable[..., dict[str, Any]]) -> None:
    """Codes of three letters meet a lookup of another name; beside tables the time is one column, no three."""
    draw = np.random.default_rng(3)
    codes = [f"{a}{b}X" for a in "ABCDEFGH" for b in "KLMNOP"]
    made = day(400)
    parts = made.str.split("-").list.to_struct(fields=["year", "month", "day"]).struct.unnest().cast(pl.Int64)
    flights = parts.with_columns(
        source=pl.Series(draw.choice(["AKX", "BLX", "CMX"], 400)),
        goal=pl.Series(draw.choice(codes[3:30], 400)),
        hour_of=made + "T05:00:00Z",
        delay=pl.Series(draw.integers(-9, 90, 400)),
    )
    airports = pl.DataFrame({"code": codes, "height": draw.integers(0, 900, len(codes))})
    data = begin_spec(save(flights=flights, airports=airports), main="flights", target="delay")["data"]
    assert data["time"] == "hour_of"
    assert data["tables"]["airports"]["on"] == {"code": "goal"}
