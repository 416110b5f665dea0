"""Columns of pandas become those of polars, with pyarrow or without."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from automl.bundle.frames import to_polars
from automl.bundle.pandas_columns import from_pandas

DAY, NOON = dt.date(2024, 1, 1), dt.datetime(2024, 7, 1, 12)  # noqa: DTZ001  # what pandas holds
OBJECTS = {  # cells of a column of Python objects, and the type that they have in common
    "text": (["a", None], pl.String()),
    "text and nan": (["a", np.nan], pl.String()),
    "text and NA": ([pd.NA, "a"], pl.String()),
    "nothing": ([None, np.nan], pl.String()),
    "whole": ([1, None], pl.Int64()),
    "very long": ([2**63, 1], pl.UInt64()),
    "whole and other numbers": ([1, 2.5], pl.Float64()),
    "truths": ([True, None], pl.Boolean()),
    "days": ([DAY, None], pl.Date()),
    "moments": ([pd.Timestamp(NOON), pd.NaT], pl.Datetime("us")),
    "times": ([dt.timedelta(1), None], pl.Duration("us")),
}
TYPED = {  # cells, their type of pandas and of polars
    "string": (["a", None], "string", pl.String()),
    "string[python]": (["a", None], "string[python]", pl.String()),
    "Int64": ([2**62 + 1, None], "Int64", pl.Int64()),
    "UInt8": ([1, None], "UInt8", pl.UInt8()),
    "Float32": ([1.5, None], "Float32", pl.Float32()),
    "boolean": ([True, None], "boolean", pl.Boolean()),
    "float64": ([1.5, None], "float64", pl.Float64()),
    "bool": ([True, False], "bool", pl.Boolean()),
    "seconds": ([NOON, None], "datetime64[s]", pl.Datetime("ms")),
    "nanoseconds": ([NOON, None], "datetime64[ns]", pl.Datetime("ns")),
    "spans of seconds": ([dt.timedelta(1), None], "timedelta64[s]", pl.Duration("ms")),
}


@pytest.fixture(params=[True, False], ids=["with", "without"])
def _pyarrow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where polars finds pyarrow, and where it does not."""
    if not request.param:
        for home in ("series", "dataframe", "other"):
            monkeypatch.setattr(f"polars._utils.construction.{home}._PYARROW_AVAILABLE", False, raising=False)
        monkeypatch.setattr(pl, "from_pandas", None)


@pytest.mark.usefixtures("_pyarrow")
@pytest.mark.parametrize("name", OBJECTS)
def test_objects_of_one_kind_have_its_type(name: str) -> None:
    """And gaps of any kind are gaps."""
    cells, kind = OBJECTS[name]
    found = from_pandas("x", pd.Series(cells, dtype=object))
    assert found.dtype == kind
    assert found.to_list() == [None if pd.isna(cell) else cell for cell in cells]


@pytest.mark.usefixtures("_pyarrow")
@pytest.mark.parametrize("name", TYPED)
def test_types_are_kept(name: str) -> None:
    """With gaps, to the last digit."""
    cells, dtype, kind = TYPED[name]
    found = from_pandas("x", pd.Series(cells, dtype=dtype))
    assert found.dtype == kind
    assert found.to_list() == cells


@pytest.mark.usefixtures("_pyarrow")
@pytest.mark.parametrize(
    "cells",
    [["a", 1], [2, True], [True, 2], [DAY, NOON], [Decimal("1.5"), 1], [np.int64(1), 2.5], [{1}, {2}], ["\ud800", "a"]],
)
def test_objects_of_several_kinds_stay_objects(cells: list[object]) -> None:
    """D13: the reader sees each value as it is: no 1 becomes True, and no noon its day."""
    found = from_pandas("x", pd.Series(cells, dtype=object))
    assert found.dtype == pl.Object()
    assert [(type(cell), cell) for cell in found] == [(type(cell), cell) for cell in cells]


@pytest.mark.usefixtures("_pyarrow")
@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("UTC", "UTC"),
        ("Europe/Berlin", "Europe/Berlin"),
        (dt.timezone(dt.timedelta(hours=2)), "Etc/GMT-2"),
        (dt.timezone(-dt.timedelta(hours=3)), "Etc/GMT+3"),
        ("Asia/Kolkata", "Asia/Kolkata"),
    ],
)
def test_moments_keep_their_zone(zone: str | dt.tzinfo, name: str) -> None:
    """The same moment, on the same clock."""
    series = pd.Series(pd.to_datetime([NOON, None])).dt.tz_localize(zone)
    found = from_pandas("x", series)
    assert found.dtype == pl.Datetime("ns", name)
    assert found[0].replace(tzinfo=None) == NOON
    assert found[0] == series[0]
    assert found[1] is None


def test_a_zone_without_a_name_leaves_moments_objects() -> None:
    """A fixed offset of half an hour."""
    series = pd.Series(pd.to_datetime([NOON])).dt.tz_localize(dt.timezone(dt.timedelta(hours=5.5)))
    assert from_pandas("x", series).dtype == pl.Object()


def test_columns_that_are_pyarrows_are_read_by_it() -> None:
    """Pandas' own types of Arrow."""
    frame = pd.DataFrame(
        {"x": pd.Series(["a", None], dtype="string[pyarrow]"), "y": pd.Series([1, None], dtype="int8[pyarrow]")}
    )
    read = to_polars(frame)
    assert read.to_dict(as_series=False) == {"x": ["a", None], "y": [1, None]}
    assert read["y"].dtype == pl.Int8()
