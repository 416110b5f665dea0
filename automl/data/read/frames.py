"""The reader for whole frames: what `automl.data.read.reader` gives value by value, by polars and fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from automl.data.read.column_reader import ColumnReader, Reader
from automl.data.read.dates import FIRST, LAST, LAST_FLOAT
from automl.data.read.reader import read_value
from automl.data.read.scalars import BLANKS
from automl.errors import DataError, nearest

PLAIN_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
FEW = 2_000  # distinct texts that are quicker read one by one


def read_frame(reader: Reader, frame: pl.DataFrame) -> pl.DataFrame:
    """The reader's columns of `frame`, in its order: Float64 with NaN or String with ``""``, never null.

    Equal to `reader.read_row` on each row. Raises DataError for a column that is not there
    and for values that are no scalars.
    """
    absent = [c["name"] for c in reader["columns"] if c.get("optional") and c["name"] not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent) if absent else frame
    _check_columns(reader, set(frame.columns))
    frame = frame.with_columns(join_parts(frame, c["parts"], c["name"]) for c in reader["columns"] if "parts" in c)
    types = dict(frame.schema)
    plain = [c["name"] for c in reader["columns"] if _is_plain(c, types[c["name"]])]
    number = pl.col(plain).cast(pl.Float64)  # all at once: a call for each of hundreds of columns takes its time
    read = frame.select(pl.when(number.is_finite()).then(number).otherwise(math.nan)) if plain else pl.DataFrame()
    texts = _text_numbers(reader, frame, types)
    known = {*read.columns, *texts.columns}
    rest = [read_column(c, frame[c["name"]]) for c in reader["columns"] if c["name"] not in known]
    every = {series.name: series for series in (*read.get_columns(), *texts.get_columns(), *rest)}
    return pl.DataFrame([every[column["name"]] for column in reader["columns"]])


def side_by_side(*frames: pl.DataFrame) -> pl.DataFrame:
    """The columns of all `frames`, equally high; one without columns has no height of its own, as polars counts it."""
    return pl.DataFrame([column for frame in frames for column in frame.get_columns()])


def join_parts(frame: pl.DataFrame, parts: Sequence[str], name: str) -> pl.Series:
    """The texts of several columns joined by blanks, as the reader has them before it reads a date from them."""
    plain = [read_column({"name": part, "wire": "text", "missing": (), "parser": None}, frame[part]) for part in parts]
    return pl.DataFrame(plain).select(pl.concat_str(pl.all(), separator=" ").alias(name)).to_series()


def read_column(column: ColumnReader, series: pl.Series) -> pl.Series:
    """One column as `reader.read_value` reads each of its values."""
    read = _read_column(column, series)
    sentinels = column.get("sentinels")
    return read.set(read.is_in(sentinels), math.nan) if sentinels and read.dtype == pl.Float64 else read


def _is_plain(column: ColumnReader, dtype: pl.DataType) -> bool:
    return bool(column["wire"] == "number" and dtype.is_numeric() and not column.get("sentinels"))


def _text_numbers(reader: Reader, frame: pl.DataFrame, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The columns of plain numbers that are written as text; those with the same missing words all at once."""
    alike: dict[tuple[str, ...], list[pl.Series]] = {}
    for column in reader["columns"]:
        if types[column["name"]] == pl.String and _is_decimal(column) and not column.get("sentinels"):
            alike.setdefault(tuple(column["missing"]), []).append(frame.get_column(column["name"]))
    read = [pl.DataFrame(texts).select(_number(pl.all(), missing)) for missing, texts in alike.items()]
    return side_by_side(*read)


def _is_decimal(column: ColumnReader) -> bool:
    return column["wire"] == "number" and column["parser"] is None


def _check_columns(reader: Reader, known: set[str]) -> None:
    for column in reader["columns"]:
        for name in column.get("parts", (column["name"],)):
            if name not in known:
                close = nearest(name, known)
                raise DataError(
                    f"the data has no column {name!r}",
                    hint=f"did you mean {close!r}?" if close else "give every column that the model was trained on",
                )


def _read_column(column: ColumnReader, series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    if series.dtype.is_nested() or isinstance(series.dtype, pl.Binary | pl.Time | pl.Duration):
        raise DataError(
            f"column {column['name']!r} holds {series.dtype}, not single values", hint="exclude it, or write it as text"
        )
    wire = column["wire"]
    if wire in {"number", "flag"} and (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        number = series.cast(pl.Float64)
        keep = number.is_in([0.0, 1.0]) if wire == "flag" else number.is_finite()
        return _floats(column, number.set(~keep.fill_null(value=False), None))
    if series.dtype == pl.String and _is_decimal(column):
        return series.to_frame().select(_number(pl.all(), column["missing"])).to_series().rename(column["name"])
    if wire == "date" and isinstance(series.dtype, pl.Date | pl.Datetime):
        return _dates(column, series)
    if wire == "date" and series.dtype == pl.String and (column["parser"] or {}).get("zone", "UTC") == "UTC":
        return _date_texts(column, series)
    return _each(column, series)


def unread(column: ColumnReader, raw: pl.Series, read: pl.Series) -> pl.Series:
    """The texts of `raw` that are there, are no missing word, and could not be read as the wire says."""
    if raw.dtype != pl.String or read.dtype != pl.Float64 or not read.is_nan().any():
        return pl.Series(dtype=pl.String)
    lost = raw.filter(read.is_nan() & raw.is_not_null()).str.strip_chars(BLANKS)
    lost = lost.filter(~lost.is_in(["", *column["missing"]]))
    if column.get("sentinels"):
        lost = lost.filter(read_column({**column, "sentinels": ()}, lost).is_nan())
    return lost


def _each(column: ColumnReader, series: pl.Series) -> pl.Series:
    """By the reader itself, once for each distinct value."""
    name, dtype = column["name"], pl.String if column["wire"] in {"category", "text"} else pl.Float64
    read = _reading(column)
    if series.dtype == pl.Object:
        return pl.Series(name, [read(value) for value in series.to_list()], dtype=dtype)
    if isinstance(series.dtype, pl.Datetime):
        series = _in_years(series)
    if series.dtype.is_float():
        series = series.fill_nan(None)  # both are missing, and in a join of one row NaN does not meet itself
    distinct = series.unique()
    table = pl.DataFrame({"raw": distinct, "read": pl.Series([read(v) for v in distinct.to_list()], dtype=dtype)})
    return (
        series.rename("raw")
        .to_frame()
        .join(table, on="raw", how="left", nulls_equal=True, maintain_order="left")["read"]
        .rename(name)
    )


def _reading(column: ColumnReader) -> Callable[[object], float | str]:
    def read(value: object) -> float | str:
        try:
            return read_value(column, value)
        except ValueError as error:
            raise DataError(str(error), hint="exclude it, or give it one kind of value") from error

    return read


def _number(text: pl.Expr, missing: Sequence[str]) -> pl.Expr:
    """The plain numbers that are written in columns of text, NaN for anything else."""
    text = text.str.strip_chars(BLANKS)
    number = text.cast(pl.Float64, strict=False)
    fine = text.str.contains(PLAIN_NUMBER) & number.is_finite()
    if missing:
        fine &= ~text.is_in(list(missing))
    return pl.when(fine).then(number).otherwise(math.nan)


def _dates(column: ColumnReader, series: pl.Series) -> pl.Series:
    zone = (column["parser"] or {}).get("zone", "UTC")
    moment = _in_years(series)
    aware = isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone is not None
    if zone == "UTC" or aware:
        return _floats(column, moment.to_physical().clip(upper_bound=LAST_FLOAT).cast(pl.Float64))
    return _each(column, moment)


def _in_years(series: pl.Series) -> pl.Series:
    """Moments in microseconds, null outside the years 1 to 9999: Python has no other."""
    series = series.cast(pl.Datetime("ms")) if series.dtype == pl.Date else series
    dtype = series.dtype
    assert isinstance(dtype, pl.Datetime)  # noqa: S101  # for mypy: the callers have looked
    size = 1_000 if dtype.time_unit == "ms" else 1
    ticks = series.to_physical() // (1_000 if dtype.time_unit == "ns" else 1)
    inside = ticks.is_between(-(-FIRST // size), LAST // size).fill_null(value=False)  # before it is multiplied
    return (ticks.set(~inside, None) * size).cast(pl.Datetime("us", dtype.time_zone))


def _date_texts(column: ColumnReader, series: pl.Series) -> pl.Series:
    """The usual `2014-10-13` and `2014-10-13 10:30:00` by polars, what is left one by one."""
    text = series.str.strip_chars(BLANKS)
    form = (column["parser"] or {}).get("format")
    if form != "iso" or column["missing"] or text.n_unique() <= FEW:
        return _each(column, series)
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    moment = text.str.replace("T", " ", literal=True).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    sure = text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-5][0-9])?$")
    number = pl.select(pl.coalesce(day, moment)).to_series().to_physical()
    number = number.set(~(sure & number.is_between(FIRST, LAST)).fill_null(value=False), None)
    rest = _each(column, text.set(number.is_not_null(), None))
    return pl.select(pl.coalesce(number.cast(pl.Float64), rest)).to_series().rename(column["name"])


def _floats(column: ColumnReader, number: pl.Series) -> pl.Series:
    return number.fill_null(float("nan")).rename(column["name"])
