"""Rows of csv files: every column as text, and where a row has another length than the header, its line (D10)."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import polars as pl

from automl.data.read.csv_lines import CsvReader, LeftOut, lines_above, rows_of
from automl.data.read.dialect import Dialect
from automl.data.read.guard import guarded_parts
from automl.data.read.header import header_of
from automl.data.read.sampling import sample
from automl.data.read.weight import PART
from automl.errors import DataError

CHUNK = 20_000
OBJECT = 56  # bytes of a text of Python beside its characters
BLOCK = 2_000_000  # bytes of a csv that polars parses at a time where it is sampled
FIELD_LIMIT = 1 << 28  # characters of one field
Tell = Callable[[LeftOut], object]  # called where lines are no rows


def read_csv(path: Path, dialect: Dialect, tell: Tell) -> pl.DataFrame:
    """By polars; by the `csv` module where polars cannot tell a short row from an empty value."""
    above, cells, header = header_record(path, dialect)
    if dialect.skip_blank and (dialect.separator + " " + dialect.quote).encode() in path.read_bytes():
        return pl.concat(csv_batches(path, dialect, CHUNK, tell))
    data: Path | bytes = path if dialect.encoding in {"utf-8", "utf-8-sig"} else _transcoded(path, dialect)
    try:
        frame = pl.read_csv(data, **_as_polars_has_it(dialect, above))
    except pl.exceptions.PolarsError:  # its message names no line; the careful way does, or it copes
        return pl.concat(csv_batches(path, dialect, CHUNK, tell))
    if frame.width != len(header) or frame.height == 0 or frame[:, -1].null_count():
        return pl.concat(csv_batches(path, dialect, CHUNK, tell))
    frame.columns = header
    bare = frame.with_columns(pl.all().str.strip_chars_start(" ")) if dialect.skip_blank else frame
    return _without_headers(bare, cells, above, tell)


def sample_csv(path: Path, dialect: Dialect, tell: Tell, share: float) -> pl.DataFrame:
    """A share of the rows of a csv that is too large to be read whole."""
    if not _is_plain(dialect):
        return sample(csv_batches(path, dialect, CHUNK, tell), share)
    above, cells, header = header_record(path, dialect)
    frame = sample(_blocks(path, dialect, above), share)
    if frame.width != len(header):
        raise DataError(f"its rows have {frame.width} values, the header has {len(header)} columns", where=str(path))
    frame.columns = header
    return _without_headers(frame, cells, above, tell)


def csv_frames(path: Path, dialect: Dialect) -> Iterator[pl.DataFrame]:
    """All rows in their order and a part at a time, as `sample_csv` counts them: a header that comes again is one."""
    if not _is_plain(dialect):
        yield from csv_batches(path, dialect, CHUNK, lambda _: None)
        return
    above, _, header = header_record(path, dialect)
    for frame in _blocks(path, dialect, above):
        frame.columns = header
        yield frame


def _is_plain(dialect: Dialect) -> bool:
    """Whether polars reads it a part at a time."""
    return dialect.encoding in {"utf-8", "utf-8-sig"} and not dialect.skip_blank


def _blocks(path: Path, dialect: Dialect, above: int) -> Iterator[pl.DataFrame]:
    """The rows as polars reads them, a part at a time."""
    with _small_blocks():
        scan = pl.scan_csv(path, **_as_polars_has_it(dialect, above))
        yield from guarded_parts(scan.collect_batches(maintain_order=True, engine="streaming"), path)


@contextmanager
def _small_blocks() -> Iterator[None]:
    """Polars has tens of blocks under way: of its own size they are some 400 MB."""
    name = "POLARS_CSV_CHUNK_SIZE"
    before = os.environ.get(name)
    os.environ[name] = str(BLOCK)
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def csv_batches(path: Path, dialect: Dialect, rows: int, tell: Tell) -> Iterator[pl.DataFrame]:
    """Frames of strings, at most `rows` high and of some `PART` bytes; an empty field is null."""
    return frames_of(csv_rows(path, dialect, tell), rows)


def frames_of(stream: Iterator[list[str]], rows: int) -> Iterator[pl.DataFrame]:
    """The same, of a header and rows; at least one frame."""
    header = next(stream)
    schema = dict.fromkeys(header, pl.String)
    seen = False
    for chunk in _chunks(stream, rows):
        seen = True
        columns = zip(*chunk, strict=True)
        yield pl.DataFrame({n: [v or None for v in c] for n, c in zip(header, columns, strict=True)}, schema=schema)
    if not seen:
        yield pl.DataFrame(schema=schema)


def _chunks(records: Iterator[list[str]], rows: int) -> Iterator[list[list[str]]]:
    chunk, size = list[list[str]](), 0
    for record in records:
        chunk.append(record)
        size += OBJECT * len(record) + sum(map(len, record))
        if len(chunk) == rows or size >= PART:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


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


def _as_polars_has_it(dialect: Dialect, above: int) -> dict[str, Any]:
    """The arguments for a file with so many lines `above` its header."""
    signs = {"separator": dialect.separator, "quote_char": dialect.quote}
    return {"infer_schema": False, "glob": False, "skip_lines": above, **signs}


def _without_headers(frame: pl.DataFrame, cells: list[str], above: int, tell: Tell) -> pl.DataFrame:
    """The rows that do not repeat the `cells` of the header."""
    height = frame.height
    if frame.width > 1 and _equal(frame[:, 0], cells[0]).any():
        frame = frame.filter(~reduce(and_, map(_equal, frame.get_columns(), cells)))
    if above or frame.height < height:
        tell(LeftOut(above, height - frame.height))
    return frame


def _equal(column: pl.Series, cell: str) -> pl.Series:
    return (column == cell).fill_null(value=False) if cell else column.is_null()


def header_record(path: Path, dialect: Dialect) -> tuple[int, list[str], list[str]]:
    """How many lines stand above the header, its cells, and the names in it."""
    with (
        path.open(encoding=dialect.encoding, newline="") as file,
        _told_by_line(stream := _reader(file, dialect), path),
    ):
        above, records = lines_above(stream)
        _, cells = next(records)
        return above, cells, header_of(cells, str(path))


def csv_rows(path: Path, dialect: Dialect, tell: Tell, lines: Iterable[str] | None = None) -> Iterator[list[str]]:
    """The header, then each row; a row of another length stops with the number of its line (D10).

    `lines` are those that are read, where it is not the whole file.
    """
    if lines is None:
        with path.open(encoding=dialect.encoding, newline="") as file:
            yield from csv_rows(path, dialect, tell, file)
        return
    with _told_by_line(stream := _reader(lines, dialect), path):
        records = rows_of(stream, tell)
        header = header_of(next(records)[1], str(path))
        yield header
        for line, row in records:
            if len(row) == len(header):
                yield row
            elif row:
                raise DataError(
                    f"line {line} has {len(row)} values, the header has {len(header)} columns",
                    where=str(path),
                    hint="mend the line; a value that holds the separator or a line break needs quotes",
                )


def _reader(lines: Iterable[str], dialect: Dialect) -> CsvReader:
    csv.field_size_limit(FIELD_LIMIT)
    return csv.reader(lines, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=dialect.skip_blank)


@contextmanager
def _told_by_line(stream: CsvReader, path: Path) -> Iterator[None]:
    """What cannot be read ends with the number of its line."""
    try:
        yield
    except (csv.Error, UnicodeError) as error:
        raise DataError(f"line {stream.line_num + 1}: {error}", where=str(path), hint="mend the line") from error


def _transcoded(path: Path, dialect: Dialect) -> bytes:
    return path.read_text(encoding=dialect.encoding).encode()
