"""Times of another zone are told by when rows come beside main's, and what only looks like it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from automl.data.tables.clocks import inspect_clocks
from automl.data.tables.keys import Join

HOUR = 3_600e6
START = 1.7e15
VISITS = Join(name="visits", to="main", on=(("who", "who"),), time="at", many=True)


def drawn(seed: int = 0, *, keys: int = 100, rows: int = 400) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of main, one a key, and visits at any hour of the thirty days that end at each."""
    rng = np.random.default_rng(seed)
    moment = START + rng.uniform(0, 2_000, keys) * HOUR
    who = np.arange(keys * rows) % keys
    main = pl.DataFrame({"who": np.arange(keys).astype(str), "t": moment})
    return main, pl.DataFrame({"who": who.astype(str), "at": moment[who] - rng.uniform(0, 720, keys * rows) * HOUR})


def told(main: pl.DataFrame, visits: pl.DataFrame, cutoff: str | None = "t", join: Join = VISITS) -> list[str]:
    """The texts of what is found."""
    return [said.text for said in inspect_clocks([join], {"main": main, "visits": visits}, cutoff)]


def shifted(visits: pl.DataFrame, hours: float) -> pl.DataFrame:
    """The same rows by a clock that goes ahead by so many hours."""
    return visits.with_columns(pl.col("at") + hours * HOUR)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("hours", [-11.0, -5.5, -1.0])
def test_rows_that_are_always_hours_old_are_told(hours: float, lazy: bool) -> None:  # a parameter
    """A history that ends at main's row, by a clock that is behind, is empty in the hours before."""
    main, visits = drawn()
    behind = shifted(visits, hours)
    (said,) = told(main, behind.lazy() if lazy else behind)
    assert f"visits has no rows in the {-hours:g} hour" in said
    assert "[data.tables.visits] timezone" in said


@pytest.mark.parametrize("hours", [1.0, 5.75, 10.0])
def test_rows_that_run_on_are_told(hours: float) -> None:
    """By a clock that is ahead it has rows for some hours after main's."""
    main, visits = drawn()
    (said,) = told(main, shifted(visits, hours))
    assert f"visits run on for {hours:g} hour" in said


@pytest.mark.parametrize("hours", [-9.0, 2.0])
def test_rows_of_both_tables_that_are_hours_apart_are_told(hours: float) -> None:
    """Main's rows are themselves in a history that goes on: only the same moment, hours apart, gives it away."""
    main, visits = drawn()
    on = visits.with_columns(pl.col("at") + 300 * HOUR)
    own = main.select("who", at="t")
    assert told(main, pl.concat([on, own])) == []
    (said,) = told(main, shifted(pl.concat([on, own]), hours))
    assert f"100 of 100 rows of main have a row of visits just {abs(hours):g} hour" in said


def test_summer_time_is_one_clock() -> None:
    """Local times of Berlin are one hour ahead in winter, two in summer."""
    rng = np.random.default_rng(0)
    moment = START + rng.uniform(0, 8_760, 300) * HOUR
    local = [datetime.fromtimestamp(t / 1e6, ZoneInfo("Europe/Berlin")).replace(tzinfo=UTC) for t in moment]
    who = np.arange(300).astype(str)
    main = pl.DataFrame({"who": who, "t": moment})
    (said,) = told(main, pl.DataFrame({"who": who, "at": [t.timestamp() * 1e6 for t in local]}))
    assert "300 of 300 rows of main" in said
    assert "later" in said


def test_times_that_fit_are_no_finding() -> None:
    """The right clock, one that has no hours, no time at all, no key that meets."""
    main, visits = drawn()
    days = visits.with_columns((pl.col("at") / (24 * HOUR)).floor() * 24 * HOUR)
    assert told(main, visits) == []
    assert told(main, days) == []
    assert told(main, visits, cutoff=None) == []
    assert told(main, visits.with_columns(who=pl.lit("nobody"))) == []
    assert told(main, visits.with_columns(at=pl.lit(float("nan")))) == []
    assert told(main.with_columns(who=pl.lit("")), visits.with_columns(who=pl.lit(""))) == []


@pytest.mark.parametrize("hour", [3, 9, 16])
def test_hours_of_business_are_no_other_zone(hour: int) -> None:
    """Main's rows come at one hour of the day, visits from nine to five, or all at eight."""
    main, visits = drawn()
    midnight = 24 * HOUR * (pl.col("t") / (24 * HOUR)).floor()
    main = main.with_columns(t=midnight + hour * HOUR)
    day, part = 24 * HOUR * (pl.col("at") / (24 * HOUR)).floor(), pl.col("at") % (24 * HOUR)
    assert told(main, visits.with_columns(at=day + 9 * HOUR + part / 3)) == []
    assert told(main, visits.with_columns(at=day + 8 * HOUR)) == []


def test_what_follows_a_row_is_no_other_zone() -> None:
    """Events of an order, all within hours after it."""
    rng = np.random.default_rng(0)
    main, _ = drawn()
    events = pl.concat([main.select("who", at=pl.col("t") + rng.uniform(0, 8, 100) * HOUR) for _ in range(10)])
    assert told(main, events) == []


def test_a_lookup_between_is_followed() -> None:
    """Visits belong to a house, and main's people live in one."""
    main, visits = drawn()
    people = Join(name="people", to="main", on=(("who", "who"),), time=None, many=False)
    ways = Join(name="visits", to="people", on=(("where", "house"),), time="at", many=True)
    frames = {
        "main": main,
        "people": main.select("who", house=pl.col("who") + "h"),
        "visits": shifted(visits, -5.0).select("at", where=pl.col("who") + "h"),
    }
    (said,) = inspect_clocks([people, ways], frames, "t")
    assert said.evidence == {"hours": -5.0}
    many = Join(name="people", to="main", on=people.on, time=None, many=True)
    assert list(inspect_clocks([many, ways], frames, "t")) == []
