"""Rows of csv files: every column as text, and where a row has another length than the header, its line (D10)."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import polars as pl

from automl.data.read.dialect import Dialect
from automl.data.read.guard import guarded
from automl.data.read.header import header_of
from automl.data.read.sampling import sample_rows
from automl.errors import DataError

CHUNK = 20_000
FIELD_LIMIT = 1 << 28  # characters of one field


def read_csv(path: Path, dialect: Dialect) -> pl.DataFrame:
    """By polars; by the `csv` module where polars cannot tell a short row from an empty value."""
    header = _header(path, dialect)
    if dialect.skip_blank and (dialect.separator + " " + dialect.quote).encode() in path.read_bytes():
        return pl.concat(csv_batches(path, dialect, CHUNK))
    data: Path | bytes = path if dialect.encoding in {"utf-8", "utf-8-sig"} else _transcoded(path, dialect)
    try:
        frame = pl.read_csv(data, infer_schema=False, separator=dialect.separator, quote_char=dialect.quote, glob=False)
    except pl.exceptions.PolarsError:  # its message names no line; the careful way does, or it copes
        return pl.concat(csv_batches(path, dialect, CHUNK))
    if frame.width != len(header) or frame.height == 0 or frame[:, -1].null_count():
        return pl.concat(csv_batches(path, dialect, CHUNK))
    frame.columns = header
    return frame.with_columns(pl.all().str.strip_chars_start(" ")) if dialect.skip_blank else frame


def sample_csv(path: Path, dialect: Dialect, share: float) -> pl.DataFrame:
    """A share of the rows of a csv that is too large to be read whole."""
    if dialect.encoding not in {"utf-8", "utf-8-sig"} or dialect.skip_blank:
        hint = "save it as UTF-8 without blanks after the separator, or as parquet; or give more budget.memory"
        raise DataError("the file is too large for the memory, and sampled in UTF-8 only", where=str(path), hint=hint)
    header = _header(path, dialect)
    separator, quote = dialect.separator, dialect.quote
    scan = partial(pl.scan_csv, path, infer_schema=False, separator=separator, quote_char=quote, glob=False)
    frame = guarded(lambda: sample_rows(scan(), share), path)
    if frame.width != len(header):
        raise DataError(f"its rows have {frame.width} values, the header has {len(header)} columns", where=str(path))
    frame.columns = header
    return frame


def csv_batches(path: Path, dialect: Dialect, rows: int) -> Iterator[pl.DataFrame]:
    """Frames of strings, `rows` high; an empty field is null."""
    stream = _rows(path, dialect)
    header = next(stream)
    schema = dict.fromkeys(header, pl.String)
    seen = False
    while chunk := list(itertools.islice(stream, rows)):
        seen = True
        columns = zip(*chunk, strict=True)
        yield pl.DataFrame({n: [v or None for v in c] for n, c in zip(header, columns, strict=True)}, schema=schema)
    if not seen:
        yield pl.DataFrame(schema=schema)


def lossless(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of whole numbers as Int64, where each text is exactly how its number is written."""
    likely = _those(frame, _is_whole(frame.head(1000)))
    whole = _those(likely, _is_whole(likely))
    return frame.with_columns(whole.select(pl.all().cast(pl.Int64)).get_columns()) if whole.width else frame


def _is_whole(text: pl.DataFrame) -> tuple[bool, ...]:
    """Of which columns each text is how a whole number is written; of all at once, for there may be thousands."""
    if not text.width:
        return ()
    same = pl.all().cast(pl.Int64, strict=False).cast(pl.String) == pl.all()
    return text.select((same.fill_null(value=False) | pl.all().is_null()).all() & pl.all().is_not_null().any()).row(0)


def _those(frame: pl.DataFrame, flags: tuple[bool, ...]) -> pl.DataFrame:
    return pl.DataFrame([column for column, flag in zip(frame.get_columns(), flags, strict=True) if flag])


def _header(path: Path, dialect: Dialect) -> list[str]:
    with closing(_rows(path, dialect)) as rows:
        return next(rows)


def _rows(path: Path, dialect: Dialect) -> Generator[list[str]]:
    """The header, then each row; a row of another length stops with the number of its line (D10)."""
    csv.field_size_limit(FIELD_LIMIT)
    with path.open(encoding=dialect.encoding, newline="") as file:
        stream = csv.reader(
            file, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=dialect.skip_blank
        )
        try:
            header = header_of(next(stream), str(path))
            yield header
            for row in stream:
                if len(row) == len(header):
                    yield row
                elif row:
                    raise DataError(
                        f"line {stream.line_num} has {len(row)} values, the header has {len(header)} columns",
                        where=str(path),
                        hint="mend the line; a value that holds the separator or a line break needs quotes",
                    )
        except (csv.Error, UnicodeError) as error:
            raise DataError(f"line {stream.line_num + 1}: {error}", where=str(path), hint="mend the line") from error


def _transcoded(path: Path, dialect: Dialect) -> bytes:
    return path.read_text(encoding=dialect.encoding).encode()
