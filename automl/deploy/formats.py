"""Scored rows as the bytes of an output file, and what a spreadsheet would take for a formula made harmless."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Literal

import polars as pl

from automl.bundle.score_file import written

Form = Literal["csv", "parquet"]
FORMULA = frozenset("=+-@")
BREAKS = ("\t", "\r", "\n")
UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\u00ad"  # marks without a width, which programs drop


_WITHOUT_UNSEEN = dict.fromkeys(map(ord, UNSEEN))


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


def harmless(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets a quote in front (V12).

    Numbers stay as they are, negative ones too: they are no formula. Blanks and marks without a width in front do not
    count, and signs of full width count as those that they stand for, as programs have it.

    >>> harmless("=1+1"), harmless(-2.5), harmless("a-b")
    ("'=1+1", '-2.5', 'a-b')
    """
    text = written(cell)
    return f"'{text}" if isinstance(cell, str) and _like_a_formula(text) else text


def _like_a_formula(text: str) -> bool:
    first = text.translate(_WITHOUT_UNSEEN).lstrip()[:1]
    return text.startswith(BREAKS) or unicodedata.normalize("NFKC", first)[:1] in FORMULA


def _as_it_is(cell: object) -> str:
    return written(cell)


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Lines of CSV that end in a line feed; a cell with a carriage return is quoted, else it would end the line."""
    lines: list[str] = []
    end = "\r\n"  # csv quotes what holds a sign of the line's end, and before Python 3.13 nothing else
    csv.writer(SimpleNamespace(write=lines.append), lineterminator=end).writerows(rows)
    return "".join(f"{line.removesuffix(end)}\n" for line in lines).encode()
