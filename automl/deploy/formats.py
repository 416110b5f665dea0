"""Scored rows as the bytes of an output file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Literal

import polars as pl

from automl.bundle.harmless import harmless
from automl.bundle.score_file import written

Form = Literal["csv", "parquet"]


def rendered(frame: pl.DataFrame, form: Form, *, excel_safe: bool = False) -> bytes:
    """The rows of a chunk: lines of CSV without a header, or an Arrow file that becomes a part of a parquet one."""
    if form == "parquet":
        buffer = io.BytesIO()
        frame.write_ipc(buffer)
        return buffer.getvalue()
    safe = harmless if excel_safe else _as_it_is
    return _lines([safe(cell) for cell in row] for row in frame.iter_rows())


def header(names: list[str], *, excel_safe: bool = False) -> bytes:
    """The first line of a CSV file."""
    return _lines([[harmless(name) if excel_safe else name for name in names]])


def _as_it_is(cell: object) -> str:
    return written(cell)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Lines of CSV that end in a line feed; a cell with a carriage return is quoted, else it would end the line."""
    lines: list[str] = []
    end = "\r\n"  # csv quotes what holds a sign of the line's end, and before Python 3.13 nothing else
    csv.writer(SimpleNamespace(write=lines.append), lineterminator=end).writerows(rows)
    return "".join(f"{line.removesuffix(end)}\n" for line in lines).encode()
