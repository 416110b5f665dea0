"""Tables that are given to a scorer as files, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from automl.bundle.score_file import read_csv
from automl.data.read.arrow_files import read_arrow
from automl.data.read.column_reader import CsvDialect
from automl.data.read.file_kinds import FORMATS
from automl.data.read.guard import guarded
from automl.data.read.json_lines import json_lines
from automl.errors import DataError


def read_file(path: Path, dialect: CsvDialect) -> pl.DataFrame:
    """The raw rows of a csv, parquet, arrow or ndjson file; a csv as text, with the dialect of training.

    Raises DataError for what cannot be read; of Arrow each length is measured before polars believes it (D11).
    """
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        "parquet": partial(pl.read_parquet, glob=False),
        "arrow": read_arrow,
        "ndjson": json_lines,
    }
    read = readers.get(FORMATS.get(path.suffix.lower(), ""))
    if read is not None:
        return guarded(partial(read, path), path)
    lines = read_csv(path, dialect)
    header = next(lines)
    columns = list(zip(*lines, strict=True)) or [()] * len(header)
    return pl.DataFrame(dict(zip(header, columns, strict=True)), schema=dict.fromkeys(header, pl.String))


def named(pairs: Sequence[str]) -> dict[str, Path]:
    """The files of ``--table NAME=FILE``. DataError for what is no such pair, and for a name that stands twice."""
    found: dict[str, Path] = {}
    for pair in pairs:
        name, sign, path = pair.partition("=")
        if not (name and sign and path) or name in found:
            what = f"{name!r} stands twice" if name in found else f"expected NAME=FILE, got {pair!r}"
            raise DataError(what, where="--table", hint="such as --table purchases=purchases.parquet")
        found[name] = Path(path)
    return found
