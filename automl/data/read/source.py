"""Rows from wherever they are: files of many kinds by name, glob or folder, a query, or a frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from automl.data.read.arrow_files import read_arrow
from automl.data.read.column_reader import CsvDialect
from automl.data.read.csv_files import Tell, csv_batches, csv_frames, lossless, read_csv, sample_csv
from automl.data.read.csv_lines import ALL_ROWS, LeftOut
from automl.data.read.dialect import Dialect, sniff
from automl.data.read.estimates import estimated
from automl.data.read.excel import read_excel
from automl.data.read.file_kinds import kind
from automl.data.read.files import file_digest, files, said_by_folders
from automl.data.read.frames import renamed
from automl.data.read.guard import guarded, guarded_parts
from automl.data.read.header import check_names, header_of
from automl.data.read.probe import probe
from automl.data.read.remote.spool import by_address, known_as
from automl.data.read.sampling import sample
from automl.data.read.streams import arrow, ndjson, read_ndjson
from automl.data.read.weight import Extent, slices
from automl.errors import DataError
from automl.names import inside

STREAMS = {"ndjson": ndjson, "arrow": arrow}
TellOfFile = Callable[[Path, LeftOut], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table as it came.

    Columns of a csv are strings; a column is Int64 only where each text is exactly how that number is written,
    so that nothing is lost ("02134" and "1.50" stay text). `digests` maps each file to its SHA-256 (D12).
    `dialect` is how a csv is written, None for other formats. `rows` is how many there were about, where `frame` is
    a sample of them (D16), else None. `left_out` are the lines of csv files that are no rows. `heights` are the rows of
    each file, and `share` how many of them were taken (see `sampling.picked`).
    """

    frame: pl.DataFrame
    digests: Mapping[str, str]
    dialect: CsvDialect | None = None
    rows: int | None = None
    left_out: LeftOut = ALL_ROWS
    heights: tuple[int, ...] = ()
    share: float = 1.0


@by_address()
def load(
    where: str | Path | pl.DataFrame, *, name: str = "frame", probed: bool = False, share: float = 1.0
) -> SourceTable:
    """All rows of a file, a glob, a folder or a frame (`name` is how a frame is called in `digests`).

    With a `share` below 1 it is a sample of the rows, spread evenly over the files and in their order: only those are
    ever in memory, but of workbooks. `probed`: `probe_all` has looked at the files. Raises DataError for what cannot be
    read, naming the file and the place.
    """
    if isinstance(where, pl.DataFrame):
        frame = checked(where, name)
        return SourceTable(frame=frame, digests={f"frame:{name}": frame_digest(frame)}, heights=(frame.height,))
    if not probed:
        probe_all(where)
    paths = files(where)
    loaded = [_load_file(path, share) for path in paths]
    frames = [with_folders(source.frame, path, where) for source, path in zip(loaded, paths, strict=True)]
    digests = {known_as(path): digest for source in loaded for path, digest in source.digests.items()}
    stacked = _stacked(frames, list(digests))
    said = [name for name in said_by_folders(paths[0], where) if name not in loaded[0].frame.columns]
    whole = stacked.with_columns(lossless(stacked.select(said))) if said else stacked
    left_out = LeftOut(*map(sum, zip(*(source.left_out for source in loaded), strict=True)))
    taken = 1.0 if any(kind(path) == "excel" for path in paths) else share
    heights = tuple(frame.height for frame in frames)
    dialect = loaded[0].dialect
    return SourceTable(frame=whole, digests=digests, dialect=dialect, left_out=left_out, heights=heights, share=taken)


@by_address()
def extents(where: str | Path, probed: Mapping[Path, Extent]) -> list[Extent]:
    """How much each file is, about, before it is read; `probed` is what `probe_all` gave."""
    return [probed[path] if path in probed else estimated(path) for path in files(where)]


@by_address()
def probe_all(*wheres: str | Path) -> Mapping[Path, Extent]:
    """Look whether any parquet file among them would end the process, and how much each is; one child for all."""
    return probe([path for where in wheres for path in files(where) if kind(path) == "parquet" and path.stat().st_size])


def batches(
    where: str | Path, rows: int, dialect: CsvDialect | None = None, *, tell: TellOfFile = lambda _path, _lines: None
) -> Iterator[tuple[Path, pl.DataFrame]]:
    """The rows in their order, each part with its file, at most `rows` at a time: memory does not grow with the file.

    Where there are none it is one frame without rows, of the columns that are told.

    A csv is read by the `csv` module of Python, every column as text: exactly what `score.py` sees.
    `dialect` is that of training where the file is a csv, else it is found again; the encoding is each file's own.
    `tell` gets each file of whose lines some are no rows, when it was read.
    """
    probe_all(where)
    with by_address():
        yield from _batches(where, rows, dialect, tell)


def _batches(
    where: str | Path, rows: int, dialect: CsvDialect | None, tell: TellOfFile
) -> Iterator[tuple[Path, pl.DataFrame]]:
    parts = ((path, frame) for path in files(where) for frame in file_batches(path, rows, dialect, partial(tell, path)))
    told = ((path, with_folders(frame, path, where)) for path, frame in parts if frame.width)
    yield next(told, (Path(where), pl.DataFrame()))  # lines of JSON name no columns where there are none
    yield from told


def rows_again(where: str) -> Iterator[tuple[str, Iterator[pl.DataFrame]]]:
    """The rows of each file of csv or parquet as they were sampled, a part at a time, after the SHA-256 of the file."""
    for path in files(where):
        if kind(path) in {"csv", "tsv"}:
            dialect, digest = _sniffed(path)
            yield digest, (with_folders(frame, path, where) for frame in csv_frames(path, dialect))
        else:
            frames = guarded_parts(slices(pl.scan_parquet(path, glob=False)), path)
            yield file_digest(path), (with_folders(checked(frame, str(path)), path, where) for frame in frames)


def file_batches(path: Path, rows: int, dialect: CsvDialect | None, tell: Tell) -> Iterator[pl.DataFrame]:
    """At least one frame of each file."""
    form = kind(path)
    if form in {"csv", "tsv"}:
        yield from csv_batches(path, dialect_of(path, dialect), rows, tell)
    elif form == "parquet":
        yield from _parquet(path, rows)
    elif form == "ndjson" or (form == "arrow" and path.stat().st_size):
        yield from (checked(frame, str(path)) for frame in STREAMS[form](path, rows))
    else:
        yield from slices(_load_file(path).frame.lazy(), rows)


def checked(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The frame, its columns called as we call them, if they can be told apart and have names."""
    check_names([inside(name) for name in frame.columns], where)
    return renamed(frame)


def frame_digest(frame: pl.DataFrame) -> str:
    """The SHA-256 of a frame's content: names, types and values, however they lie in memory."""
    digest = hashlib.sha256(f"{frame.height} {dict(frame.schema)!r}".encode())
    for series in frame:
        digest.update(series.is_null().to_numpy().tobytes())
        plain = series.cast(pl.String) if isinstance(series.dtype, pl.Categorical | pl.Enum | pl.Decimal) else series
        if plain.dtype == pl.String:
            digest.update(plain.str.len_bytes().fill_null(0).to_numpy().tobytes())
            digest.update((plain.str.join("").item() or "").encode())
        elif plain.dtype == pl.Boolean:
            digest.update(plain.fill_null(value=False).to_numpy().tobytes())
        elif plain.dtype.is_numeric() or plain.dtype.is_temporal():
            digest.update(plain.to_physical().fill_null(0).to_numpy().tobytes())
        else:
            digest.update(repr(plain.to_list()).encode())
    return digest.hexdigest()


def _load_file(path: Path, share: float = 1.0) -> SourceTable:
    form = kind(path)
    if form == "excel":
        return _workbook(path)
    if form in {"csv", "tsv"}:
        dialect, digest = _sniffed(path)
        told: list[LeftOut] = []
        arguments = path, dialect, told.append
        frame = lossless(read_csv(*arguments) if share == 1.0 else sample_csv(*arguments, share))
        left_out = told[0] if told else ALL_ROWS
        return SourceTable(frame=frame, digests={str(path): digest}, dialect=dialect.json(), left_out=left_out)
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=str(path), hint="export the data again")
    digest = file_digest(path)
    frame = guarded(partial(_typed, form, path, share), path)
    return SourceTable(frame=checked(frame, str(path)), digests={str(path): digest})


def _typed(form: str, path: Path, share: float) -> pl.DataFrame:
    """All rows of a file whose columns have types, or a share of them."""
    if form == "ndjson":
        return read_ndjson(path, share)
    if share < 1.0:
        return sample(slices(pl.scan_parquet(path, glob=False)) if form == "parquet" else arrow(path), share)
    return pl.read_parquet(path, glob=False) if form == "parquet" else read_arrow(path)


def _workbook(path: Path) -> SourceTable:
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=str(path), hint="export the data again")
    frame, names = read_excel(path)
    frame.columns = header_of(names, str(path))
    return SourceTable(frame=frame, digests={str(path): file_digest(path)})


def _parquet(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    yield from (
        checked(frame, str(path)) for frame in guarded_parts(slices(pl.scan_parquet(path, glob=False), rows), path)
    )


def _stacked(frames: list[pl.DataFrame], names: list[str]) -> pl.DataFrame:
    """All rows; those of no row are left out, for an empty csv has no types."""
    columns = [set(frame.columns) for frame in frames]
    for name in dict.fromkeys(name for frame in frames for name in frame.columns):
        have = [place for place, own in enumerate(columns) if name in own]
        lack = [place for place, own in enumerate(columns) if name not in own]
        if lack:
            raise _differ(name, [names[place] for place in have], [names[place] for place in lack])
    filled = [frame for frame in frames if frame.height] or frames[:1]
    return pl.concat([frame.select(frames[0].columns) for frame in filled], how="vertical_relaxed")


def _differ(column: str, have: list[str], lack: list[str]) -> DataError:
    """The file that is unlike the others is the one to look at."""
    hint = f"give files of one kind: {len(have)} of {len(have) + len(lack)} have it"
    if len(lack) <= len(have):
        return DataError(f"the file lacks the column {column!r}, which {have[0]} has", where=lack[0], hint=hint)
    return DataError(f"the file has a column {column!r}, which {lack[0]} lacks", where=have[0], hint=hint)


def with_folders(frame: pl.DataFrame, path: Path, where: str | Path) -> pl.DataFrame:
    """The rows of a file with what its folders say, as text; what the file says itself stands."""
    return with_said(frame, said_by_folders(path, where))


def with_said(frame: pl.DataFrame, said: Mapping[str, str | None]) -> pl.DataFrame:
    """The rows of a file with what its folders `said`."""
    own = [pl.lit(text, dtype=pl.String).alias(name) for name, text in said.items() if name not in frame.columns]
    return frame.with_columns(own) if own else frame


def dialect_of(path: Path, dialect: CsvDialect | None) -> Dialect:
    """How the file is written: as that of training, but in the encoding of its own bytes."""
    own, _ = _sniffed(path)
    return replace(Dialect(**dialect), encoding=own.encoding) if dialect else own


def _sniffed(path: Path) -> tuple[Dialect, str]:
    return sniff(path, "\t" if kind(path) == "tsv" else None)
