"""One raw value -> what the graph takes; standard library only, because this text is copied into every `score.py`.

How a column is read stands in its entry of the reader (`column_reader`). Text of a number: 2134 and 2134.0 are "2134",
0.5 is "0.5". Text stays as it is written; where the parser is "scalar" "2134.0" is "2134" too, "02134" is itself.
Numbers written as text follow `NUMBER`: ASCII digits, a point, an exponent; no underscores, no "nan", no "inf"; true is
1, false is 0. Whatever cannot be read as its wire says is missing; a list or a dict is an error.
"""

import math
from collections.abc import Mapping
from datetime import date

from automl.data.read.column_reader import ColumnReader, Parser, Reader
from automl.data.read.dates import moment_of
from automl.data.read.parsers import parsed
from automl.data.read.scalars import BLANKS, NAN, finite, plain_scalar, text_of, typed_text
from automl.names import outside

TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
LARGE = 2**63  # whole numbers from here on are read with more care


def read_row(reader: Reader, row: Mapping[str, object]) -> dict[str, float | str]:
    """Every column of the reader from `row` by `read_value`; further keys are not looked at.

    Raises KeyError for a column that `row` lacks, ValueError for a value that is no scalar; both name the column.
    """
    return {column["name"]: read_value(column, raw_value(column, row)) for column in reader["columns"]}


def raw_value(column: ColumnReader, row: Mapping[str, object]) -> object:
    """What `row` has for a column. KeyError where it lacks it, ValueError for a part of it that is no scalar."""
    name = column["name"]
    if "parts" in column:
        return " ".join(_part(column, _cell(row, part)) for part in column["parts"])
    return row.get(name, row.get(outside(name))) if column.get("optional") else _cell(row, name)


def _cell(row: Mapping[str, object], name: str) -> object:
    try:
        return row[name]
    except KeyError:
        if (own := outside(name)) in row:
            return row[own]
        raise KeyError(f"the row has no column {own!r}") from None


def read_value(column: ColumnReader, value: object) -> float | str:
    """One value as the column's wire says; missing where it cannot be read."""
    wire = column["wire"]
    if wire == "number" and (type(value) is float or (type(value) is int and -LARGE < value < LARGE)):
        # the common case first: a row is read in microseconds
        return float(value) if -math.inf < value < math.inf and value not in column.get("sentinels", ()) else NAN
    scalar = plain_scalar(column, value)
    if isinstance(scalar, str):
        scalar = scalar.strip(BLANKS)
        if scalar in column["missing"]:
            scalar = None
    if wire in {"category", "text"}:
        return _level(column["parser"], scalar) if isinstance(scalar, str) else text_of(scalar)
    if scalar is None or scalar == "":
        return NAN
    if wire == "date":
        return _meant(column, moment_of(column["parser"] or {"format": "iso"}, scalar))
    if isinstance(scalar, date):
        raise ValueError(f"column {column['name']!r} takes a {wire}, not the date {scalar}")  # noqa: TRY004  # bad data, not a bad call
    number = parsed(column["parser"], scalar) if isinstance(scalar, str) else finite(scalar)
    return _meant(column, number) if wire == "number" or number in {0.0, 1.0} else NAN


def _level(parser: Parser | None, text: str) -> str:
    """A text as the level that a typed file has in its place."""
    if parser is not None:
        text = typed_text(text) if parser["kind"] == "scalar" else text_of(parsed(parser, text)) or text
    return text_of(text)


def _meant(column: ColumnReader, number: float) -> float:
    return NAN if number in column.get("sentinels", ()) else number


def _part(column: ColumnReader, value: object) -> str:
    return typed_text(text_of(plain_scalar(column, value)).strip(BLANKS))
