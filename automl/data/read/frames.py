"""The reader for whole frames: what `automl.data.read.reader` gives value by value, by polars and fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import polars as pl

from automl.data.read.column_reader import ColumnReader, Reader
from automl.data.read.dates import FIRST, LAST, LAST_FLOAT
from automl.data.read.reader import read_value
from automl.data.read.scalars import BLANKS, FLAGS
from automl.data.read.unread import Tally, is_unread, shown
from automl.errors import DataError, nearest
from automl.names import inside

PLAIN_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
UTC = r"(?i)(?: ?(?:z|utc|gmt)|\+00:00)$"
F = TypeVar("F", pl.DataFrame, pl.LazyFrame)
FEW = 2_000  # distinct texts that are quicker read one by one
SCALARS = (pl.Boolean, pl.String, pl.Categorical, pl.Enum, pl.Null, pl.Object)  # beside numbers and times
WIDE = (pl.Decimal, pl.Int128)  # cells of 128 bits, which not every polars joins


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


def renamed(frame: F) -> F:
    """The frame with its columns called as we call them."""
    names = frame.columns if isinstance(frame, pl.DataFrame) else frame.collect_schema().names()
    others = {name: inside(name) for name in names if inside(name) != name}
    return frame.rename(others) if others else frame


def side_by_side(*frames: pl.DataFrame) -> pl.DataFrame:
    """The columns of all `frames`, equally high; one without columns has no height of its own, as polars counts it."""
    return pl.DataFrame([column for frame in frames for column in frame.get_columns()])


def counted(series: pl.Series) -> pl.DataFrame:
    """Each distinct `value` and its `count`, in any order: a series that is itself called "count" has no other way."""
    return series.alias("value").value_counts(name="count")


def join_parts(frame: pl.DataFrame, parts: Sequence[str], name: str) -> pl.Series:
    """The texts of several columns joined by blanks, as the reader has them before it reads a date from them."""
    plain = [read_column(_text(part), frame[part]) for part in parts]
    return pl.DataFrame(plain).select(pl.concat_str(pl.all(), separator=" ").alias(name)).to_series()


def _text(name: str) -> ColumnReader:
    """A column read as it stands, or as a typed file has it."""
    return {"name": name, "wire": "text", "missing": (), "parser": {"kind": "scalar"}}


def holds_scalars(dtype: pl.DataType) -> bool:
    """Whether each value of a column is a single one: no list, no struct, no bytes, none of a library's own types."""
    return dtype.is_numeric() or dtype.is_temporal() or isinstance(dtype, SCALARS)


def in_seconds(durations: pl.Series) -> pl.Series:
    """Durations as numbers, with fractions; any other column as it is."""
    if not isinstance(durations.dtype, pl.Duration):
        return durations
    ticks, size = durations.to_physical(), {"ms": 1e3, "us": 1e6, "ns": 1e9}[durations.dtype.time_unit]
    if size == 1e9 and not (ticks % 1_000 != 0).any():  # noqa: PLR2004  # nanoseconds of months are no exact floats
        ticks, size = ticks // 1_000, 1e6
    number = ticks.cast(pl.Float64).to_numpy() / size  # polars would multiply by 1e-6, which is not exact
    return pl.Series(durations.name, number).fill_nan(None)


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
    return pl.DataFrame([number for missing, texts in alike.items() for number in _numbers(texts, missing)])


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
    if not holds_scalars(series.dtype):
        raise DataError(
            f"column {column['name']!r} holds {series.dtype}, not single values", hint="exclude it, or write it as text"
        )
    series, wire = in_seconds(series), column["wire"]
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    if wire in {"number", "flag"} and (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        number = series.cast(pl.Float64)
        keep = number.is_in([0.0, 1.0]) if wire == "flag" else number.is_finite()
        return _floats(column, number.set(~keep.fill_null(value=False), None))
    if series.dtype == pl.String and _is_decimal(column):
        return _numbers([series], column["missing"])[0].rename(column["name"])
    if wire == "date" and isinstance(series.dtype, pl.Date | pl.Datetime):
        return _dates(column, series)
    if wire == "date" and series.dtype == pl.String and (column["parser"] or {}).get("zone", "UTC") == "UTC":
        return _date_texts(column, series)
    return _each(column, series)


def unread(column: ColumnReader, raw: pl.Series, read: pl.Series) -> pl.Series:
    """The texts of `raw` that are there, are no missing word, and could not be read as the wire says."""
    if raw.dtype != pl.String or read.dtype != pl.Float64 or not read.is_nan().any():
        return pl.Series(dtype=pl.String)
    return _lost(column, raw, read)


def tallies(reader: Reader, frame: pl.DataFrame, read: pl.DataFrame) -> dict[str, Tally]:
    """Of each number, date and flag column of `frame`, how many cells could not be read; `read` is its `read_frame`."""
    types = dict(read.schema)  # each look at it makes it anew
    columns = [c for c in reader["columns"] if types[c["name"]] == pl.Float64]
    gaps = read.select(pl.col([c["name"] for c in columns]).is_nan().sum()).row(0) if columns else ()
    found = {}
    for column, count in zip(columns, gaps, strict=True):
        name = column["name"]
        lost = _lost_cells(column, frame, read[name], count) if count else pl.Series(dtype=pl.String)
        found[name] = Tally(column["wire"], frame.height - count, len(lost), _example(lost))
    return found


def _lost_cells(column: ColumnReader, frame: pl.DataFrame, read: pl.Series, gaps: int) -> pl.Series:
    """The cells of a column that hold something and are among the `gaps` that were read as NaN."""
    name = column["name"]
    if "parts" in column:
        frame = frame.select(column["parts"]).filter(read.is_nan())
        texts = pl.DataFrame([read_column(_text(part), frame[part]).str.strip_chars(BLANKS) for part in frame.columns])
        whole = texts.select(pl.all_horizontal(pl.all() != "")).to_series()
        joined = join_parts(frame, column["parts"], name).filter(whole)
        return _lost(column, joined, read_column(column, joined))
    raw = frame.get_column(name, default=None)
    if raw is None or raw.null_count() == gaps:  # the common case, in no time
        return pl.Series(dtype=pl.String)
    return _lost(column, raw, read)


def _lost(column: ColumnReader, raw: pl.Series, read: pl.Series) -> pl.Series:
    """The same of a column whose cells are `raw`; texts without blanks around them."""
    if isinstance(raw.dtype, pl.Categorical | pl.Enum):
        raw = raw.cast(pl.String)
    lost = raw.filter(read.is_nan() & raw.is_not_null())
    if lost.dtype == pl.Object:
        return lost.filter(pl.Series([is_unread(column, cell) for cell in lost.to_list()], dtype=pl.Boolean))
    if lost.dtype == pl.String:
        lost = lost.str.strip_chars(BLANKS)
        lost = lost.filter(~lost.is_in(["", *column["missing"]]))
    elif lost.dtype.is_float():
        lost = lost.drop_nans()
    if column.get("sentinels"):
        lost = lost.filter(read_column({**column, "sentinels": ()}, lost).is_nan())
    return lost


def _example(lost: pl.Series) -> str:
    """The first of the cells; none of typed dates: Python has no year beyond 9999."""
    return "" if lost.is_empty() or lost.dtype.is_temporal() else shown(lost[0])


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
    values = pl.Series([read(value) for value in distinct.to_list()], dtype=dtype)
    if isinstance(series.dtype, WIDE):
        series, distinct = series.cast(pl.String), distinct.cast(pl.String)
    table = pl.DataFrame({"raw": distinct, "read": values})
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


def _numbers(texts: Sequence[pl.Series], missing: Sequence[str]) -> list[pl.Series]:
    """The numbers that are written in columns of text with the same missing words."""
    read = pl.DataFrame(texts).select(_number(pl.all(), missing))
    return [_with_flags(text, number, missing) for text, number in zip(texts, read.get_columns(), strict=True)]


def _number(text: pl.Expr, missing: Sequence[str]) -> pl.Expr:
    """The plain numbers that are written in columns of text, NaN for anything else."""
    text = text.str.strip_chars(BLANKS)
    number = text.cast(pl.Float64, strict=False)
    fine = text.str.contains(PLAIN_NUMBER) & number.is_finite()
    if missing:
        fine &= ~text.is_in(list(missing))
    return pl.when(fine).then(number).otherwise(math.nan)


def _with_flags(text: pl.Series, number: pl.Series, missing: Sequence[str]) -> pl.Series:
    """The `number`s, and 1 and 0 where the `text` says true or false."""
    lost = text.filter(number.is_nan())
    if not lost.str.strip_chars(BLANKS).str.to_lowercase().is_in(list(FLAGS)).any():
        return number
    bare = text.str.strip_chars(BLANKS)
    flag = bare.str.to_lowercase().replace_strict(FLAGS, default=math.nan, return_dtype=pl.Float64)
    said = number.is_nan() & flag.is_not_null() & ~bare.is_in(list(missing))
    return number.zip_with(~said.fill_null(value=False), flag)


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
    """The usual `2014-10-13` and `2014-10-13 10:30:00`, also in UTC, by polars, what is left one by one."""
    given = series.str.strip_chars(BLANKS)
    form = (column["parser"] or {}).get("format")
    if form != "iso" or column["missing"] or given.n_unique() <= FEW:
        return _each(column, series)
    text = given.str.replace(UTC, "")
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    moment = text.str.replace("T", " ", literal=True).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    sure = text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-5][0-9])?$")
    number = pl.select(pl.coalesce(day, moment)).to_series().to_physical()
    number = number.set(~(sure & number.is_between(FIRST, LAST)).fill_null(value=False), None)
    rest = _each(column, given.set(number.is_not_null(), None))
    return pl.select(pl.coalesce(number.cast(pl.Float64), rest)).to_series().rename(column["name"])


def _floats(column: ColumnReader, number: pl.Series) -> pl.Series:
    return number.fill_null(float("nan")).rename(column["name"])
