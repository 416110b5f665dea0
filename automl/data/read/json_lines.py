"""Lines of JSON by polars, alike in each version of it; apart from streams, for `score.py` has polars alone."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from glob import escape
from pathlib import Path

import polars as pl
from polars import selectors as cs


def json_lines(source: bytes | Path) -> pl.DataFrame:
    """All rows of a file, or of its bytes; a key may come late.

    Raises polars' ComputeError or SchemaError for what is no row, and for a column with `true` beside numbers.
    """
    named = source if isinstance(source, bytes) else escape(str(source))  # polars takes "[1]" for a pattern of files
    frame = pl.read_ndjson(named, infer_schema_length=None)
    numbers = dict.fromkeys(frame.select(cs.numeric()).columns, pl.String())
    if numbers and _takes_true_for_one():
        words = pl.read_ndjson(named, schema=numbers)
        if any(column.is_in(["true", "false"]).any() for column in words):
            raise pl.exceptions.ComputeError("true or false stands beside numbers")
    return frame


@cache
def _takes_true_for_one() -> bool:
    """Whether polars reads `true` beside numbers as 1 without a word, as it does before 1.35."""
    with suppress(pl.exceptions.ComputeError):
        return pl.read_ndjson(b'{"a": 2}\n{"a": true}\n').height > 0
    return False
