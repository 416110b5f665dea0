"""Frames of other libraries: any kind in, the same kind out, for `fit` and `predict` alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from numpy.typing import NDArray

from automl.bundle.pandas_columns import from_pandas
from automl.errors import DataError

Frame = TypeVar("Frame")  # of polars, pandas or arrow
TYPES = {"str": pl.String, "int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}


def to_polars(frame: Any) -> pl.DataFrame:
    """A polars, pandas or arrow frame as polars.

    A column of mixed Python objects stays one, so that the reader sees each value as it is (D13).
    Raises DataError for what is no frame and for columns with the same name (D05).
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    import narwhals as nw  # only where a frame is not polars

    try:
        given = nw.from_native(frame, eager_only=True)
        if not given.columns and len(given):
            raise DataError(f"the frame has {len(given)} rows and no columns")
        if given.implementation.is_pandas():
            return pl.DataFrame([from_pandas(str(name), frame[name]) for name in frame.columns])
        if given.implementation.is_pyarrow():
            return pl.DataFrame([_from_arrow(name, frame[name]) for name in frame.column_names])
        return pl.DataFrame(given.to_polars())
    except TypeError as error:
        raise DataError(f"a polars, pandas or arrow frame was expected, not a {type(frame).__name__}") from error
    except (ValueError, pl.exceptions.DuplicateError) as error:
        raise DataError(f"the frame cannot be used: {error}", hint="Give each column its own name.") from error


def like(scored: pl.DataFrame, frame: Frame) -> Frame:
    """`scored` as the kind of frame that `frame` is; of pandas with its index."""
    given: Any = frame
    if isinstance(frame, pl.DataFrame):
        return scored  # type: ignore[return-value]  # of its kind
    import narwhals as nw

    kind = nw.from_native(given, eager_only=True).implementation
    native: Any = nw.from_dict(scored.to_dict(as_series=False), backend=kind).to_native()
    if kind.is_pandas():
        native.index = given.index
    return native  # type: ignore[no-any-return]  # of its kind


def answered(name: str, values: NDArray[Any], labels: Mapping[Any, Any], kind: str) -> pl.Series:
    """An output column of the graph: numbers, or texts [n], of which `labels` of the target's `kind` take the place."""
    if values.dtype != object:  # a decision about a number is one
        return pl.Series(name, values, dtype=pl.Float64)
    return pl.Series(name, [labels.get(text, text) for text in values], dtype=TYPES[kind] if labels else pl.String)


def as_table(rows: object) -> Any:
    """A file or a frame as polars, a list of raw rows as it is."""
    if isinstance(rows, str | Path):
        from automl.data.read.open_tables import open_table

        return open_table(rows).frame
    return rows if isinstance(rows, pl.LazyFrame | list | tuple) else to_polars(rows)


def _from_arrow(name: str, column: Any) -> pl.Series:
    try:
        return pl.Series(name, pl.from_arrow(column))
    except (TypeError, ValueError, NotImplementedError, pl.exceptions.PolarsError):
        return pl.Series(name, column.to_pylist(), dtype=pl.Object)
