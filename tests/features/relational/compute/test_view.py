"""The rows that a path leads to, sorted by key and by the time they are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.features.relational.compute.frame_table import FrameTable, plain
from automl.features.relational.compute.table import Keys, Table
from automl.features.relational.compute.view import View, build
from automl.features.relational.definition import Catalog, Hop, Same, TableSchema

CATALOG = Catalog(
    tables=(
        TableSchema(name="main", columns={"k": "category", "at": "date"}, time="at"),
        TableSchema(name="orders", columns={"k": "category", "id": "number", "t": "date"}, time="t"),
        TableSchema(name="items", columns={"order": "number", "t": "date"}, time="t"),
        TableSchema(name="people", columns={"k": "category"}),
    ),
    cutoff="at",
)
FRAMES = {
    "orders": pl.DataFrame(
        {"k": ["b", "a", "a", "", "a"], "id": [1.0, 2.0, 3.0, 4.0, 5.0], "t": [5.0, 9.0, 2.0, 1.0, math.nan]}
    ),
    "items": pl.DataFrame({"order": [3.0, 2.0, 2.0, 9.0], "t": [7.0, 1.0, 12.0, 3.0]}),
    "people": pl.DataFrame({"k": ["a", "a", "b"]}),
}
KEYS = st.sampled_from([0.0, -0.0, 1.0, 2.5, math.nan])
TIMES = st.sampled_from([0.0, 1.0, 1.0, 86_400e6, 90_000e6, math.nan])
ORDERS = Hop(table="orders", on=(("k", "k"),))
ITEMS = Hop(table="items", on=(("id", "order"),))


Opened = Callable[[pl.DataFrame], Table]


@pytest.fixture(params=[FrameTable, plain])
def opened(request: pytest.FixtureRequest) -> Opened:
    """How a table is held: as a frame, or as plain columns."""
    return request.param


def built(path: tuple[Hop, ...], opened: Opened, frames: Mapping[str, pl.DataFrame] = FRAMES) -> tuple[Keys, View]:
    return build(path, {name: opened(frame) for name, frame in frames.items()}, CATALOG)


def numbers(keys: Keys, opened: Opened, *names: str) -> np.ndarray:
    """The numbers of keys by which rows of main are found."""
    return keys.of(opened(pl.DataFrame({"k": names})).keys(ORDERS, CATALOG))


def rows_of(keys: Keys, view: View, key: str) -> tuple[list, list]:
    """Positions and times of the rows of one key."""
    number = keys.numbers()[key]
    at = slice(*view.offsets[number : number + 2])
    return view.rows[at].tolist(), view.time[at].tolist()


def test_rows_are_sorted_by_key_and_time(opened: Opened) -> None:
    """Rows without a key or a time are in no history."""
    keys, view = built((ORDERS,), opened)
    assert rows_of(keys, view, "a") == ([2, 1], [2.0, 9.0])
    assert rows_of(keys, view, "b") == ([0], [5.0])
    assert numbers(keys, opened, "", "z").tolist() == [-1, -1]
    assert set(keys.numbers()) == {"a", "b"}


def test_a_row_is_known_when_every_row_on_its_way_is(opened: Opened) -> None:
    """The item of an order that comes later is known with the order."""
    keys, view = built((ORDERS, ITEMS), opened)
    assert rows_of(keys, view, "a") == ([0, 1, 2], [7.0, 9.0, 12.0])


def test_a_table_without_a_time_is_always_known(opened: Opened) -> None:
    """In the order of the file."""
    keys, view = built((Hop(table="people", on=(("k", "k"),)),), opened)
    assert rows_of(keys, view, "a") == ([0, 1], [-math.inf, -math.inf])


def test_a_delay_is_added_to_the_time(opened: Opened) -> None:
    """What becomes known late is late in the view."""
    keys, view = built((Hop(table="orders", on=(("k", "k"),), delay=100.0),), opened)
    assert rows_of(keys, view, "b") == ([0], [105.0])


def test_windows_end_before_the_cutoff(opened: Opened) -> None:
    """[cutoff - window, cutoff) of the rows of a key; nothing for an unknown key or cutoff."""
    keys, view = built((ORDERS,), opened)
    a = int(numbers(keys, opened, "a")[0])
    key = np.array([a, a, a, -1, a])
    cutoff = np.array([9.0, 9.1, math.inf, math.inf, math.nan])
    whole, short = view.ranges(key, cutoff, (None, 3.0))
    assert whole.length.tolist() == [1, 2, 2, 0, 0]
    assert short.length.tolist() == [0, 1, 0, 0, 0]


def test_a_view_of_some_rows_keeps_the_keys(opened: Opened) -> None:
    """Rows that do not meet a condition are gone from each key; the rows of one key are a view of their own."""
    keys, view = built((ORDERS,), opened)
    some = view.only(view.time > 4.0)
    assert rows_of(keys, some, "a") == ([1], [9.0])
    assert rows_of(keys, some, "b") == ([0], [5.0])
    a = int(numbers(keys, opened, "a")[0])
    own, at = view.slice(a)
    assert own.rows.tolist() == view.rows[at].tolist() == [2, 1]
    assert own.offsets.tolist() == [0, 2]


def test_a_table_without_rows_has_no_keys(opened: Opened) -> None:
    """Every question has an empty answer."""
    keys, view = built((ORDERS,), opened, {"orders": FRAMES["orders"].clear()})
    number = numbers(keys, opened, "a")
    assert number.tolist() == [-1]
    assert view.ranges(number, np.array([1.0]), (None, 2.0))[1].length.tolist() == [0]


@given(st.lists(st.lists(st.sampled_from([-math.inf, 0.0, 1.0, 1.5, 4.0]), max_size=9), min_size=1, max_size=4))
def test_ranges_are_found_for_all_requests_at_once_as_for_each(histories: list[list[float]]) -> None:
    """Rows before the cutoff and not before the window, of the key alone; none for no key and no cutoff."""
    times = [sorted(history) for history in histories]
    offsets = np.concatenate([[0], np.cumsum([len(history) for history in times])])
    view = View(
        offsets=offsets, time=np.array([time for history in times for time in history]), rows=np.arange(offsets[-1])
    )
    cutoffs = [-math.inf, 0.0, 1.0, 1.2, 9.0, math.inf, math.nan]
    asked = [(key, cutoff) for key in range(-1, len(times)) for cutoff in cutoffs]
    key, cutoff = np.array([key for key, _ in asked]), np.array([cutoff for _, cutoff in asked])
    for window, ranges in zip((None, 1.0), view.ranges(key, cutoff, (None, 1.0)), strict=True):
        for i, (k, c) in enumerate(asked):
            known = [] if k < 0 else [t for t in times[k] if t < c and (window is None or t >= c - window)]
            rows = view.time[ranges.start[i] : ranges.end[i]].tolist()
            assert rows == known
            (alone,) = view.ranges(key[i : i + 1], cutoff[i : i + 1], (window,))
            assert (alone.start[0], alone.end[0]) == (ranges.start[i], ranges.end[i])


@given(
    st.lists(st.tuples(st.sampled_from(["", "a", "b"]), KEYS, TIMES), max_size=8),
    st.lists(st.tuples(KEYS, TIMES), max_size=8),
)
def test_plain_columns_have_the_view_of_a_frame(orders: list[tuple], items: list[tuple]) -> None:
    """Keys in many rows on both sides, in none, twice zero, or missing; equal times; rows out of order."""
    frames = {
        "orders": pl.DataFrame(orders, schema={"k": pl.String, "id": pl.Float64, "t": pl.Float64}, orient="row"),
        "items": pl.DataFrame(items, schema={"order": pl.Float64, "t": pl.Float64}, orient="row"),
    }
    both = Hop(table="orders", on=(("k", "k"), ("at", "id")))
    day = Hop(table="orders", on=(("k", "k"),), same=(Same(part="date", here="at", there="t"),))
    for path in ((ORDERS,), (both,), (day,), (ORDERS, ITEMS), (day, ITEMS)):
        (keys, view), (other, framed) = (built(path, opened, frames) for opened in (plain, FrameTable))
        assert keys.numbers() == other.numbers()
        for found, expected in zip(view, framed, strict=True):
            assert found.tolist() == expected.tolist()
