"""A column of pandas as one of polars, for which neither asks pyarrow unless its values are pyarrow's."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Any, Final

import numpy as np
import polars as pl

DOUBLE = 8  # bytes of the widest float that polars knows
SPANS: Final = frozenset({"Interval", "Period"})  # pandas' own
UNREAD: Final = (TypeError, ValueError, OverflowError, NotImplementedError, pl.exceptions.PolarsError)  # pyarrow's too
NUMBERS, TIMES = "biuf", "mM"  # kinds of numpy
HOUR: Final = timedelta(hours=1)


def from_pandas(name: str, series: Any) -> pl.Series:
    """The same values: sparse ones dense, intervals and periods as the texts that csv files have of them.

    What polars has no type for, such as cells of several kinds, stays a column of Python objects.
    """
    if series.dtype == "category":
        series = series.astype(series.cat.categories.dtype if not series.hasnans else object)
    kind = type(series.dtype).__name__
    if kind == "SparseDtype":
        series = series.sparse.to_dense()
    if series.dtype.kind == "f" and series.dtype.itemsize > DOUBLE:
        series = series.astype("float64")
    if kind in {"IntervalDtype", "PeriodDtype"}:
        series = series.astype(object)
    try:
        return _typed(name, series)
    except UNREAD:
        return pl.Series(name, series.to_list(), dtype=pl.Object)


def _typed(name: str, series: Any) -> pl.Series:
    kind = type(series.dtype).__name__
    if kind == "ArrowDtype":
        return pl.Series(name, pl.from_pandas(series))
    if series.dtype.kind in TIMES and series.dt.unit == "s":
        series = series.dt.as_unit("ms")  # the longest that polars knows
    if kind == "DatetimeTZDtype":
        moments = pl.Series(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
        return moments.dt.replace_time_zone("UTC").dt.convert_time_zone(_zone(series.dt.tz))
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in NUMBERS + TIMES:
        return pl.Series(name, series.to_numpy(), nan_to_null=True)
    cells = _with_gaps(series)
    if kind == "StringDtype":
        return pl.Series(name, cells, dtype=pl.String)
    if hasattr(series.dtype, "numpy_dtype"):  # numbers and truths with gaps
        return pl.Series(name, cells, dtype=pl.Series(np.empty(0, series.dtype.numpy_dtype)).dtype)
    return _of_objects(name, cells)


def _with_gaps(series: Any) -> list[Any]:
    """The cells, None where nothing is."""
    cells: list[Any] = series.to_list()
    if set(map(type, cells)) <= {str, type(None)}:
        return cells
    gaps = series.isna().to_numpy().tolist()
    return [None if gap else cell for cell, gap in zip(cells, gaps, strict=True)]


def _of_objects(name: str, cells: list[Any]) -> pl.Series:
    """Cells of one kind, or whole numbers beside others. Raises one of `UNREAD` for any other."""
    kinds = set(map(type, cells)) - {type(None)}
    if any(kind.__name__ in SPANS for kind in kinds):
        return _of_objects(name, [str(cell) if type(cell).__name__ in SPANS else cell for cell in cells])
    if not kinds:
        return pl.Series(name, cells, dtype=pl.String)  # as of an empty column of csv
    if kinds == {int, float}:
        return pl.Series(name, cells, dtype=pl.Float64, strict=False)
    if len(kinds) > 1:
        raise TypeError("cells of several kinds")
    return pl.Series(name, cells)


def _zone(zone: tzinfo) -> str:
    """As polars calls it. Raises ValueError for a fixed offset that is no number of hours: such a zone has no name."""
    offset = zone.utcoffset(None)
    if offset is None:
        return str(zone)
    if offset % HOUR:
        raise ValueError(f"the zone {zone} has no name")
    return f"Etc/GMT{-(offset // HOUR):+d}" if offset else "UTC"  # whose sign is the other way round
