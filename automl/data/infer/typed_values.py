"""What typed files and frames hold beside plain numbers and words, and the same values where they stand as text."""

from __future__ import annotations

import re

import polars as pl

from automl.data.read.column_reader import ColumnReader, Parser
from automl.data.read.frames import holds_scalars
from automl.data.read.parsers import NUMBER
from automl.data.read.scalars import FLAGS, plain_scalar, typed_text

DURATION: Parser = {"kind": "duration"}
SCALAR: Parser = {"kind": "scalar"}
CLOCKS = r"^[+-]?(?:P[T0-9+-]|[0-9]+ days?,? [+-]?[0-9]|[0-9]{1,6}:[0-5][0-9](?:$|:))"
WHOLE = re.compile(r"^([+-]?[0-9]+)\.0\Z")


def unreadable(series: pl.Series) -> str:
    """Why the values of `series` are no single ones; "" where they are."""
    if not holds_scalars(series.dtype):
        return f"{series.dtype}: lists, structs, bytes and a library's own types are no single values"
    column: ColumnReader = {"name": series.name, "wire": "text", "missing": (), "parser": None}
    for value in series.to_list() if series.dtype == pl.Object else ():
        try:
            plain_scalar(column, value)
        except ValueError:
            return f"values of the kind {type(value).__name__}, which are no single numbers or texts"
    return ""


def scalar_levels(levels: pl.Series) -> Parser | None:
    """The parser of the distinct texts `levels`, if numbers or flags are among them.

    None where it would make one level of two, such as 3.1 and 3.10, which are versions.
    """
    typed = {typed_text(level) for level in levels}
    if not any(NUMBER.fullmatch(level) or level in FLAGS for level in typed):
        return None
    plain = {level.lower() if level.lower() in FLAGS else WHOLE.sub(r"\1", level) for level in levels}
    return SCALAR if len(typed) == len(plain) else None


def clocks(texts: pl.Series) -> tuple[str, Parser] | None:
    """How the distinct `texts` are read where most look like durations or times of day: 14:30, 1 days 02:03, PT5M."""
    if int(texts.str.contains(CLOCKS).sum()) * 2 <= len(texts):
        return None
    return "durations or times of day, in seconds", DURATION
