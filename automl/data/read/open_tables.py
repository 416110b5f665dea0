"""Other tables from wherever they are; what is too large for the memory stays on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from automl.data.read.column_reader import CsvDialect
from automl.data.read.file_kinds import kind
from automl.data.read.files import file_digest, files, said_by_folders
from automl.data.read.frames import renamed
from automl.data.read.remote.spool import by_address, known_as
from automl.data.read.source import load
from automl.data.read.typed_tables import Frame

LARGE = 1 << 28  # bytes of parquet on disk, from which on a table is read as it is computed and never whole


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTable:
    """The raw rows of a table, the digest of each file, and how a csv is written."""

    frame: Frame
    digests: Mapping[str, str]
    dialect: CsvDialect | None = None


@by_address()
def open_table(path: str | Path, *, probed: bool = False) -> OpenedTable:
    """The rows of a file, a glob or a folder; `probed` as for `source.load`.

    Parquet of more than `LARGE` bytes stays on the disk: it is read as it is computed.
    """
    paths = files(path)
    if all(kind(file) == "parquet" for file in paths) and sum(file.stat().st_size for file in paths) > LARGE:
        scan = _scanned(paths, path)
        return OpenedTable(frame=scan, digests={known_as(file): file_digest(file) for file in paths})
    source = load(path, probed=probed)
    return OpenedTable(frame=source.frame, digests=source.digests, dialect=source.dialect)


def _scanned(paths: Sequence[Path], where: str | Path) -> pl.LazyFrame:
    """The rows of all files, with what their folders say."""
    if not said_by_folders(paths[0], where):
        return renamed(pl.scan_parquet(list(paths), glob=False))
    parts = [
        renamed(pl.scan_parquet(path, glob=False)).with_columns(
            pl.lit(text, dtype=pl.String).alias(name) for name, text in said_by_folders(path, where).items()
        )
        for path in paths
    ]
    return pl.concat(parts, how="vertical_relaxed")
