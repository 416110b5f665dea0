"""The formats of files that are read, by the end of their names."""

from __future__ import annotations

from pathlib import PurePath

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


def kind(path: PurePath) -> str:
    """The format of a file by the end of its name. DataError for one that is not known."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise DataError(
            f"files ending in {path.suffix or 'nothing'} are not known",
            where=str(path),
            hint=f"use {', '.join(FORMATS)}",
        ) from None
