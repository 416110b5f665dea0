"""Rows from wherever they are: files of many kinds by name, glob or folder, a query, or a frame."""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from automl.data.dialect import SEPARATORS, Dialect, sniff
from automl.data.excel import read_excel
from automl.data.guard import guarded, probe
from automl.data.reader import BLANKS
from automl.data.streams import arrow, ndjson
from automl.errors import DataError

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
}
STREAMS = {"ndjson": ndjson, "arrow": arrow}
CSV_CHUNK = 20_000
HEAD = 1 << 20  # bytes of a csv from which its rows are estimated
GOLDEN, PLACE = 2_654_435_769, "row number of automl"  # 2^32 by the golden ratio (Knuth, volume 3, 6.4)
FIELD_LIMIT = 1 << 28  # characters of one csv field


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table as it came.

    Columns of a csv are strings; a column is Int64 only where each text is exactly how that number is written,
    so that nothing is lost ("02134" and "1.50" stay text). `digests` maps each file to its SHA-256 (D12).
    `dialect` is how a csv is written, None for other formats. `rows` is how many there were about, where `frame` is
    a sample of them (D16), else None.
    """

    frame: pl.DataFrame
    digests: Mapping[str, str]
    dialect: Mapping[str, object] | None = None
    rows: int | None = None


def load(
    where: str | Path | pl.DataFrame, *, name: str = "frame", probed: bool = False, cells: float = math.inf
) -> Source:
    """All rows of a file, a glob, a folder or a frame (`name` is how a frame is called in `digests`).

    Of csv and parquet with more than `cells` (rows times columns) a sample of the rows, spread evenly over the files
    and in their order. `probed`: `probe_all` has looked at the files. Raises DataError for what cannot be read,
    naming the file and the place.
    """
    if isinstance(where, pl.DataFrame):
        return Source(frame=checked(where, name), digests={f"frame:{name}": frame_digest(where)})
    if not probed:
        probe_all(where)
    rows = {path: about(path) for path in files(where)} if math.isfinite(cells) else {}
    total = sum(height * width for height, width in rows.values())
    share = min(1.0, cells / total) if total else 1.0
    loaded = [_load_file(path, share) for path in files(where)]
    frames = [source.frame for source in loaded]
    digests = {path: digest for source in loaded for path, digest in source.digests.items()}
    before = sum(height for height, _ in rows.values()) if share < 1.0 else None
    return Source(frame=_stacked(frames, list(digests)), digests=digests, dialect=loaded[0].dialect, rows=before)


def about(path: Path) -> tuple[int, int]:
    """The rows (of a csv: estimated from its first lines) and columns of a file; (0, 0) where only reading tells."""
    if kind(path) == "parquet" and path.stat().st_size:
        scan = pl.scan_parquet(path, glob=False)
        return guarded(lambda: (int(scan.select(pl.len()).collect().item()), len(scan.collect_schema())), path)
    if kind(path) in {"csv", "tsv"}:
        with path.open("rb") as file:
            lines = file.read(HEAD).splitlines()[:-1]
        if len(lines) > 1:
            width = max(lines[0].count(sign.encode()) for sign in SEPARATORS) + 1
            return int(path.stat().st_size * len(lines) / sum(len(line) + 1 for line in lines)), width
    return (0, 0)


def _sample(scan: pl.LazyFrame, share: float) -> pl.DataFrame:
    """A `share` of the rows in their order, spread evenly whatever their period: by multiples of the golden ratio."""
    place = (pl.col(PLACE).cast(pl.UInt64) * GOLDEN) % (1 << 32)
    picked = scan.with_row_index(PLACE).filter(place < int(share * (1 << 32))).drop(PLACE)
    return picked.collect(engine="streaming")


def probe_all(*wheres: str | Path) -> None:
    """Look whether any parquet file among them would end the process; one child for all of them."""
    probe([path for where in wheres for path in files(where) if kind(path) == "parquet" and path.stat().st_size])


def batches(where: str | Path, rows: int, dialect: Mapping[str, object] | None = None) -> Iterator[pl.DataFrame]:
    """The rows in their order, at most `rows` at a time, in memory that does not grow with the file.

    A csv is read by the `csv` module of Python, every column as text: exactly what `score.py` sees.
    `dialect` is that of training where the file is a csv, else it is found again.
    """
    probe_all(where)
    for path in files(where):
        if kind(path) in {"csv", "tsv"}:
            yield from _careful(path, Dialect(**dialect) if dialect else _sniffed(path)[0], rows)  # type: ignore[arg-type]  # JSON of a Dialect
        elif kind(path) == "parquet":
            yield from _parquet(path, rows)
        elif kind(path) in {"ndjson", "arrow"} and path.stat().st_size:
            yield from (checked(frame, str(path)) for frame in STREAMS[kind(path)](path, rows))
        else:
            yield from _load_file(path).frame.iter_slices(rows)


def files(where: str | Path) -> tuple[Path, ...]:
    """The files behind a path, a glob or a folder, in the order of their names."""
    path = Path(where)
    if path.is_dir():
        found = [p for p in sorted(path.iterdir()) if p.suffix.lower() in FORMATS and not p.name.startswith(".")]
    elif any(sign in path.name for sign in "*?[") and not path.exists():
        found = sorted(path.parent.glob(path.name))
    else:
        found = [path]
    if not found or not found[0].exists():
        raise DataError("there is no such file", where=str(where), hint="check the path; a spec's are relative to it")
    return tuple(found)


def kind(path: Path) -> str:
    """The format of a file by the end of its name."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise DataError(
            f"files ending in {path.suffix or 'nothing'} are not known",
            where=str(path),
            hint=f"use {', '.join(FORMATS)}",
        ) from None


def checked(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The frame if its columns can be told apart and have names."""
    _check_names(frame.columns, where)
    return frame


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


def _load_file(path: Path, share: float = 1.0) -> Source:
    form = kind(path)
    if form == "excel":
        return _workbook(path)
    if form in {"csv", "tsv"}:
        dialect, digest = _sniffed(path)
        frame = _lossless(_quick(path, dialect) if share == 1.0 else _sampled_csv(path, dialect, share))
        return Source(frame=frame, digests={str(path): digest}, dialect=dialect.json())
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=str(path), hint="export the data again")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    readers: dict[str, Callable[[Path], pl.DataFrame]]
    sampled = lambda path: _sample(pl.scan_parquet(path, glob=False), share)  # noqa: E731  # one of the readers
    readers = {"parquet": pl.read_parquet if share == 1.0 else sampled, "ndjson": pl.read_ndjson, "arrow": _read_arrow}
    read = readers[form]
    frame = guarded(lambda: read(path), path)
    return Source(frame=checked(frame, str(path)), digests={str(path): digest})


def _workbook(path: Path) -> Source:
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=str(path), hint="export the data again")
    frame, names = read_excel(path)
    frame.columns = _header(names, str(path))
    with path.open("rb") as file:
        return Source(frame=frame, digests={str(path): hashlib.file_digest(file, "sha256").hexdigest()})


def _parquet(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    height = guarded(lambda: int(pl.scan_parquet(path).select(pl.len()).collect().item()), path)
    for start in range(0, height, rows):
        read = partial(_slice, path, start, rows)
        yield checked(guarded(read, path), str(path))


def _slice(path: Path, start: int, rows: int) -> pl.DataFrame:
    return pl.scan_parquet(path).slice(start, rows).collect()


def _read_arrow(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        magic = file.read(6)
    return pl.read_ipc(path) if magic == b"ARROW1" else pl.read_ipc_stream(path)


def _stacked(frames: list[pl.DataFrame], names: list[str]) -> pl.DataFrame:
    first = set(frames[0].columns)
    for frame, name in zip(frames[1:], names[1:], strict=True):
        if odd := sorted(first ^ set(frame.columns)):
            raise DataError(
                f"its columns differ from those of the first file: {odd}", where=name, hint="give files of one kind"
            )
    return pl.concat([frame.select(frames[0].columns) for frame in frames], how="vertical_relaxed")


# --- csv ---------------------------------------------------------------------------------------------


def _sniffed(path: Path) -> tuple[Dialect, str]:
    return sniff(path, "\t" if kind(path) == "tsv" else None)


def _quick(path: Path, dialect: Dialect) -> pl.DataFrame:
    """By polars; by the `csv` module where polars cannot tell a short row from an empty value."""
    rows = _rows(path, dialect)
    header = next(rows)
    rows.close()
    if dialect.skip_blank and (dialect.separator + " " + dialect.quote).encode() in path.read_bytes():
        return pl.concat(_careful(path, dialect, CSV_CHUNK))
    data: Path | bytes = path if dialect.encoding in {"utf-8", "utf-8-sig"} else _transcoded(path, dialect)
    try:
        frame = pl.read_csv(data, infer_schema=False, separator=dialect.separator, quote_char=dialect.quote, glob=False)
    except pl.exceptions.PolarsError:  # its message names no line; the careful way does, or it copes
        return pl.concat(_careful(path, dialect, CSV_CHUNK))
    if frame.width != len(header) or frame.height == 0 or frame[:, -1].null_count():
        return pl.concat(_careful(path, dialect, CSV_CHUNK))
    frame.columns = header
    return frame.with_columns(pl.all().str.strip_chars_start(" ")) if dialect.skip_blank else frame


def _sampled_csv(path: Path, dialect: Dialect, share: float) -> pl.DataFrame:
    """A share of the rows of a csv that is too large to be read whole."""
    if dialect.encoding not in {"utf-8", "utf-8-sig"} or dialect.skip_blank:
        hint = "save it as UTF-8 without blanks after the separator, or as parquet; or give more budget.memory"
        raise DataError("the file is too large for the memory, and sampled in UTF-8 only", where=str(path), hint=hint)
    rows = _rows(path, dialect)
    header = next(rows)
    rows.close()
    options: dict[str, Any] = {"separator": dialect.separator, "quote_char": dialect.quote, "glob": False}
    frame = guarded(lambda: _sample(pl.scan_csv(path, infer_schema=False, **options), share), path)
    if frame.width != len(header):
        raise DataError(f"its rows have {frame.width} values, the header has {len(header)} columns", where=str(path))
    frame.columns = header
    return frame


def _transcoded(path: Path, dialect: Dialect) -> bytes:
    return path.read_text(encoding=dialect.encoding).encode()


def _careful(path: Path, dialect: Dialect, rows: int) -> Iterator[pl.DataFrame]:
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


def _rows(path: Path, dialect: Dialect) -> Generator[list[str]]:
    """The header, then each row; a row of another length stops with the number of its line (D10)."""
    csv.field_size_limit(FIELD_LIMIT)
    with path.open(encoding=dialect.encoding, newline="") as file:
        stream = csv.reader(
            file, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=dialect.skip_blank
        )
        try:
            header = _header(next(stream), str(path))
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


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip(BLANKS) for cell in cells]
    if names and not names[0]:
        names[0] = "column_1"  # the row numbers that pandas writes have no name
    _check_names(names, where)
    return names


def _check_names(names: list[str], where: str) -> None:
    double = [name for name, count in Counter(names).items() if count > 1]
    if double:
        listed = ", ".join(repr(name) for name in double)
        raise DataError(f"columns with the same name: {listed}", where=where, hint="give each column its own name")
    if any(not name for name in names):
        at = names.index("") + 1
        raise DataError(f"column {at} has no name", where=where, hint="write its name into the header")


def _lossless(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of whole numbers as Int64, where each text is exactly how its number is written."""
    sample = frame.head(1000)
    likely = [name for name in frame.columns if _is_whole(sample[name])]
    return frame.with_columns(
        whole for name in likely if _is_whole(frame[name], whole := frame[name].cast(pl.Int64, strict=False))
    )


def _is_whole(text: pl.Series, whole: pl.Series | None = None) -> bool:
    whole = text.cast(pl.Int64, strict=False) if whole is None else whole
    same = (whole.cast(pl.String) == text).fill_null(value=False)  # polars' own name
    return bool((same | text.is_null()).all()) and text.null_count() < len(text)
