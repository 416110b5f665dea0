"""How much a file is before it is read whole, from its size and pieces of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from automl.data.read.arrow_files import arrow_extent
from automl.data.read.dialect import SEPARATORS
from automl.data.read.file_kinds import kind
from automl.data.read.guard import guarded
from automl.data.read.weight import INLINE, Extent

PIECES = 32  # of a file that are looked at
PIECE = 1 << 16  # bytes
KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*(:?)')


def estimated(path: Path) -> Extent:
    """How much a file is, about; nothing where only reading tells. Parquet without its texts: see `probe`."""
    size = path.stat().st_size
    forms: dict[str, Callable[[Path], Extent]] = {
        "parquet": _parquet,
        "arrow": arrow_extent,
        "csv": _csv,
        "tsv": _csv,
        "ndjson": _ndjson,
    }
    form = forms.get(kind(path))
    return form(path) if form and size else Extent()


def _parquet(path: Path) -> Extent:
    scan = pl.scan_parquet(path, glob=False)
    rows, columns = guarded(lambda: (scan.select(pl.len()).collect().item(), len(scan.collect_schema())), path)
    return Extent(rows=int(rows), columns=columns)


def _csv(path: Path) -> Extent:
    """By lines of pieces; its columns are those of the first line."""
    lines = list(_lines(path))
    if not lines:
        return Extent()
    separator = max(SEPARATORS, key=lambda sign: lines[0].count(sign.encode())).encode()
    columns = lines[0].count(separator) + 1
    rows = path.stat().st_size / (sum(map(len, lines)) + len(lines)) * len(lines)
    text = sum(len(cell) for line in lines for cell in line.split(separator) if len(cell) > INLINE)
    return Extent(rows=int(rows), columns=columns, text=int(rows / len(lines) * text))


def _ndjson(path: Path) -> Extent:
    """By lines of pieces; where later pieces still have keys of their own, so has what lies between them."""
    lines = list(_lines(path))
    if not lines:
        return Extent()
    seen = sum(map(len, lines)) + len(lines)
    early, late = _keys(lines[: len(lines) // 2]), _keys(lines[len(lines) // 2 :])
    share = path.stat().st_size / seen
    fresh = len(late - early) if early else 0
    columns = len(early | late) + int(fresh * 2 * max(0.0, share - 1))
    text = sum(len(word) for line in lines for word, key in KEY.findall(line) if not key and len(word) > INLINE)
    return Extent(rows=int(share * len(lines)), columns=columns, text=int(share * text))


def _keys(lines: list[bytes]) -> set[bytes]:
    return {word for line in lines for word, colon in KEY.findall(line) if colon}


def _lines(path: Path) -> Iterator[bytes]:
    """The whole lines of pieces that lie evenly in a file, all of a small one; the first is the file's first."""
    size = path.stat().st_size
    starts = range(0, size, max(PIECE, size // PIECES))
    with path.open("rb") as file:
        for start in starts:
            file.seek(start)
            if start:
                file.readline()
            end = start + PIECE if len(starts) >= PIECES else size
            while file.tell() < end and (line := file.readline()):
                yield line.rstrip(b"\r\n")
