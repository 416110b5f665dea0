"""Files that are read a part at a time: lines of JSON, and Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from automl.data.read.arrow_files import is_arrow_file, scan_arrow
from automl.data.read.arrow_library import arrow_library
from automl.data.read.frames import renamed
from automl.data.read.guard import guarded, guarded_parts
from automl.data.read.json_lines import json_lines
from automl.data.read.sampling import sample_lines
from automl.data.read.scalars import text_of
from automl.data.read.weight import PART, slices
from automl.errors import DataError

Json = str | float | bool | Sequence[object] | dict[str, object] | None


def ndjson(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """Frames of at most `rows` lines and some `PART` bytes.

    A key that earlier lines had is a column from then on, empty where it lacks. A file without lines is one frame
    without columns.
    """
    known: dict[str, None] = {}
    with path.open("rb") as file:
        for chunk in _chunks((line for line in file if line.strip()), rows):
            frame = renamed(guarded(partial(_json_lines, chunk, path), path))
            known |= dict.fromkeys(frame.columns)
            lacking = [pl.lit(None).alias(name) for name in known if name not in frame.columns]
            yield frame.with_columns(lacking).select(list(known))
    if not known:
        yield pl.DataFrame()


def _chunks(lines: Iterator[bytes], rows: int) -> Iterator[bytes]:
    """Lines joined, as many as a part may have."""
    chunk, size = list[bytes](), 0
    for line in lines:
        chunk.append(line)
        size += len(line)
        if len(chunk) == rows or size >= PART:
            yield b"".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield b"".join(chunk)


def read_ndjson(path: Path, share: float = 1.0) -> pl.DataFrame:
    """All lines of a file, or a `share` of them: only these stay in memory.

    A column is there from whichever line on has it, and its type holds the values of all.
    """
    frame = guarded(lambda: _json_lines(path if share == 1.0 else _sampled(path, share), path), path)
    if not frame.width:
        raise DataError("the file has no line with a key", where=str(path), hint="export the data again")
    return frame


def _sampled(path: Path, share: float) -> bytes:
    with path.open("rb") as file:
        return b"".join(sample_lines((line for line in file if line.strip()), share))


def _json_lines(source: bytes | Path, path: Path) -> pl.DataFrame:
    """Lines of JSON, of the file at `path` or a part of it, as polars reads them.

    Where kinds are mixed (true beside 2) they are read line by line, as text.
    Raises DataError for a line that is no object, with its number among those that are not blank.
    """
    try:
        return json_lines(source)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
        content = source.read_bytes() if isinstance(source, Path) else source
        rows = [_object(line, number, path) for number, line in enumerate(_lines(content), 1)]
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_column(name, [row.get(name) for row in rows]) for name in names])


def _lines(content: bytes) -> Iterator[bytes]:
    return (line for line in content.splitlines() if line.strip())


def _object(line: bytes, number: int, path: Path) -> dict[str, Json]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"line {number} is no JSON: {error}", where=str(path)) from error
    if not isinstance(row, dict):
        raise DataError(f"line {number} is no JSON object", where=str(path), hint='write {"column": value, ...}')
    return row


def _column(name: str, values: Sequence[Json]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64 if float in kinds or not kinds else None, strict=False)
    return pl.Series(name, values) if len(kinds) == 1 else pl.Series(name, [_text(value) for value in values])


def _text(value: Json) -> str | None:
    """The text that the reader makes of a scalar; lists and objects as they are written."""
    if value is None:
        return None
    return text_of(value) if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)


def arrow(path: Path, rows: int | None = None) -> Iterator[pl.DataFrame]:
    """Frames of at most `rows` rows of an Arrow file (mapped) or stream (its record batches one by one)."""
    if is_arrow_file(path):
        yield from guarded_parts(slices(scan_arrow(path), rows), path)
        return
    hint = ", or write it as a file: it is read without"
    pa = arrow_library("a stream of Arrow", path, hint=hint)
    with pa.OSFile(str(path)) as source, guarded(partial(pa.ipc.open_stream, source), path) as stream:
        yield pl.DataFrame(pl.from_arrow(stream.schema.empty_table()))
        for batch in guarded_parts(iter(stream), path):
            guarded(partial(batch.validate, full=True), path)
            yield from slices(pl.DataFrame(pl.from_arrow(batch)).lazy(), rows)
