"""Files cut into parts that are read by themselves, each by whoever gets it: row groups of parquet, lines of csv."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import polars as pl

from automl.addresses import address_of
from automl.data.read.arrow_library import arrow_library
from automl.data.read.column_reader import CsvDialect
from automl.data.read.csv_files import csv_rows, frames_of, header_record
from automl.data.read.csv_lines import AHEAD
from automl.data.read.dialect import Dialect
from automl.data.read.file_kinds import kind
from automl.data.read.files import files_in_turn
from automl.data.read.guard import guarded, guarded_parts
from automl.data.read.remote.fetched import spans_fetched
from automl.data.read.remote.objects import looked_up
from automl.data.read.remote.spool import by_address, known_as
from automl.data.read.source import TellOfFile, checked, dialect_of, file_batches, probe_all, with_said
from automl.data.read.weight import slices
from automl.errors import DataError

CUT = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "cp1252": "cp1252", "latin-1": "latin-1"}
"""The encodings in which a line ends with one byte, each with that of what is not the begin of a file."""
BLOCK = 1 << 22  # bytes that are hashed at a time
MAGIC = 8  # bytes at the end of a parquet file behind its footer: the footer's length, and "PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A part of a file: its bytes from `start` to `end`, whose SHA-256 (with the file's `shared` ones) is `digest`.

    In it are `rows` rows, before which stand `first` others; a file that is not cut has not been counted (None).
    """

    start: int
    end: int
    digest: str
    first: int = 0
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutFile:
    """A file or an object of `size` bytes and the `cuts` that are all of it.

    Each of them needs also the bytes from `shared` on (the footer of parquet), and of a csv its `dialect` and `header`,
    a line of that dialect. `said` is what the folders it lies in say of all its rows.
    """

    path: str
    size: int
    shared: int
    cuts: tuple[Cut, ...]
    dialect: Dialect | None = None
    header: str = ""
    said: Mapping[str, str | None] = field(default_factory=dict)


def cut_files(
    where: str | Path,
    rows: int,
    dialect: Callable[[Path], CsvDialect | None] = lambda _first: None,
    *,
    tell: TellOfFile = lambda _path, _lines: None,
) -> Iterator[CutFile]:
    """The files of a path, a glob, a folder or an address, cut into parts of some `rows` rows (at least 50).

    Parquet is cut between row groups, a csv after a row, if each line of its encoding ends with the same byte; all
    other files are one part. Each is read once: a csv is checked as `batches` does, and `tell` is called as there.
    `dialect` says of the first file how all csv files are written, if not each for itself. Of objects one at a time is
    brought to the disk. Raises DataError for what cannot be read, and for a table with versions.
    """
    with by_address():
        yield from _cut_files(where, rows, dialect, tell)


def _cut_files(
    where: str | Path, rows: int, dialect: Callable[[Path], CsvDialect | None], tell: TellOfFile
) -> Iterator[CutFile]:
    brought = address_of(where) is not None
    if not brought:
        probe_all(where)
    known: list[CsvDialect | None] = []
    for path, said in files_in_turn(where):
        if brought:
            probe_all(path)
        known = known or [dialect(path)]
        form = kind(path)
        if form == "parquet" and path.stat().st_size:
            found = guarded(partial(_parquet, path, rows), path)
        elif form in {"csv", "tsv"}:
            found = _csv(path, rows, dialect_of(path, known[0]), partial(tell, path))
        else:
            found = _whole(path)
        yield replace(found, path=known_as(path), said=said)


def cut_batches(file: CutFile, cut: Cut, rows: int) -> Iterator[pl.DataFrame]:
    """The rows of a part of a file, as `batches` gives them: at most `rows` at a time.

    Of an object only the bytes of the part are brought. No frame where there are no columns. DataError where the bytes
    are not those that were cut.
    """
    with _here(file, cut) as path, by_address():
        if file.dialect is not None:
            lines = chain([file.header] if cut.start else [], _lines(path, file.dialect.encoding, cut.start, cut.end))
            found = frames_of(csv_rows(path, file.dialect, lambda _: None, lines), rows)
        elif cut.rows is not None:
            within = cut.first, cut.rows
            scanned = guarded_parts(slices(pl.scan_parquet(path, glob=False), rows, within=within), path)
            found = (checked(frame, str(path)) for frame in scanned)
        else:
            found = file_batches(path, rows, None, lambda _: None)
        yield from (with_said(frame, file.said) for frame in found if frame.width)


@contextmanager
def _here(file: CutFile, cut: Cut) -> Iterator[Path]:
    """The file, or what a part needs of an object, if its bytes are those that were cut."""
    hint = "give back the file as it was, or begin anew with a new manifest"
    changed = DataError("the file is not the one that was cut: its bytes have changed", where=file.path, hint=hint)
    if _size(file.path) != file.size:
        raise changed
    spans = (cut.start, cut.end), (file.shared, file.size)
    address = address_of(file.path)
    with nullcontext(Path(file.path)) if address is None else spans_fetched(address, spans) as path:
        if _digest(path, *spans) != cut.digest:
            raise changed
        yield path


def _size(where: str) -> int:
    """The bytes of a file or an object as it is now."""
    if address := address_of(where):
        if found := looked_up(address):
            return found.size
        raise DataError("there is no such object", where=where, hint="it lay here when the manifest was written")
    try:
        return Path(where).stat().st_size
    except FileNotFoundError as error:
        hint = "every machine needs the data at the same path"
        raise DataError("there is no such file", where=where, hint=hint) from error


def _digest(path: Path, *spans: tuple[int, int]) -> str:
    """The SHA-256 of the bytes between places of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for start, end in spans:
            file.seek(start)
            for place in range(start, end, BLOCK):
                digest.update(file.read(min(BLOCK, end - place)))
    return digest.hexdigest()


def _whole(path: Path, dialect: Dialect | None = None) -> CutFile:
    size = path.stat().st_size
    cut = Cut(start=0, end=size, digest=_digest(path, (0, size)))
    return CutFile(path=str(path), size=size, shared=size, cuts=(cut,), dialect=dialect)


def _parquet(path: Path, rows: int) -> CutFile:
    arrow_library("cutting parquet into parts", path)
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        found = file.metadata
        groups = [found.row_group(place) for place in range(found.num_row_groups)]
        counts = [group.num_rows for group in groups]
        starts = [min(map(_begin, map(group.column, range(group.num_columns)))) for group in groups]
    size = path.stat().st_size
    footer = size - MAGIC - int.from_bytes(_bytes(path, size - MAGIC, 4), "little")
    edges, first, ends = list[tuple[int, int]](), 0, 0
    for start, count in zip(starts, counts, strict=True):
        if not edges or ends - edges[-1][1] + count > rows:
            edges.append((start, ends))
        ends += count
    edges[:1] = [(0, first)]
    cuts = [
        Cut(start=a, end=b, digest=_digest(path, (a, b), (footer, size)), first=before, rows=until - before)
        for (a, before), (b, until) in pairwise([*edges, (footer, ends)])
    ]
    return CutFile(path=str(path), size=size, shared=footer, cuts=tuple(cuts))


def _begin(column: Any) -> int:
    """Where the pages of a column of a row group begin."""
    return min(int(place) for place in (column.dictionary_page_offset, column.data_page_offset) if place)


def _bytes(path: Path, start: int, count: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(count)


def _csv(path: Path, rows: int, dialect: Dialect, tell: Callable[..., object]) -> CutFile:
    """Cut after a row, as the `csv` module finds its end: no sign alone tells whether a line break is quoted.

    It looks `AHEAD` for the header and takes one line after another from there on, so that what was taken when a row
    comes is all up to the end of it.
    """
    if dialect.encoding not in CUT:
        return _whole(path, dialect)
    size, taken = path.stat().st_size, 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for line in _bytes_of_lines(path, 0, size):
            encoding = CUT[dialect.encoding] if taken else dialect.encoding
            taken += len(line)
            yield line.decode(encoding)

    found = csv_rows(path, dialect, tell, counted())
    next(found)
    edges, count = [(0, 0)], 0
    step = max(rows, AHEAD)
    while got := sum(1 for _ in islice(found, step)):
        count += got
        edges.append((taken, count))
    edges = [*edges[: max(1, len(edges) - 1)], (size, count)]
    cuts = [
        Cut(start=a, end=b, digest=_digest(path, (a, b)), first=before, rows=until - before)
        for (a, before), (b, until) in pairwise(edges)
    ]
    header = _line(header_record(path, dialect)[1], dialect)
    return CutFile(path=str(path), size=size, shared=size, cuts=tuple(cuts), dialect=dialect, header=header)


def _lines(path: Path, encoding: str, start: int, end: int) -> Iterator[str]:
    """The lines of a file between two ends of lines, split as a text file is that keeps its line breaks."""
    if encoding not in CUT:  # such a file is not cut
        with path.open(encoding=encoding, newline="") as text:
            yield from text
        return
    encoding = encoding if start == 0 else CUT[encoding]  # the mark of the order of bytes stands once
    for line in _bytes_of_lines(path, start, end):
        yield line.decode(encoding)
        encoding = CUT[encoding]


def _bytes_of_lines(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (block := file.readline()):
            yield from block.splitlines(keepends=True)
            start += len(block)


def _line(cells: Iterable[str], dialect: Dialect) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.separator, quotechar=dialect.quote, quoting=csv.QUOTE_ALL)
    writer.writerow(cells)
    return text.getvalue()
