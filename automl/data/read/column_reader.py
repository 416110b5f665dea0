"""What a reader is: plain JSON, part of the manifest, that says of each column how its values are read.

    {"columns": [{"name": "age", "wire": "number", "missing": ["?"], "parser": null}, ...]}

Wire ``number`` and ``flag`` give a float (NaN is missing), ``category`` and ``text`` a string (``""`` is missing),
``date`` a float of microseconds since 1970 in UTC (NaN is missing or outside the years 1 to 9999).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NotRequired, TypedDict

Wire = Literal["number", "category", "text", "date", "flag"]
Unit = Literal["s", "ms", "us", "ns"]
Scalar = str | float | date | None  # what a raw cell holds, once numpy and pandas are taken off; durations are seconds


class Parser(TypedDict, total=False):
    """How a text is read: a `kind` of `PARSERS`, or "date" (see `moment_of`), with the words of that kind.

    Of a category or a text the kind "scalar" says that "3.0" and "TRUE" are the levels 3 and true, as in typed files.
    """

    kind: Literal["number", "currency", "percent", "unit", "range", "words", "flag", "duration", "date", "scalar"]
    decimal: str
    group: str
    symbols: Sequence[str]
    units: Mapping[str, float]
    words: Mapping[str, float]
    true: Sequence[str]
    false: Sequence[str]
    format: str
    zone: str
    unit: Unit


class ColumnReader(TypedDict):
    """How one column is read: what its wire is, which texts are missing, and the parser of all others.

    With `optional` (of a cost file) it may be absent from a row, and is missing then. With `parts`, such as
    ``["year", "month", "day"]``, it is no cell of the row: its text is that of the cells named, joined by blanks.
    `sentinels`, such as ``[-999999.0]``, are numbers (of a date: microseconds) that stand for missing.
    """

    name: str
    wire: Wire
    missing: Sequence[str]
    parser: Parser | None
    optional: NotRequired[bool]
    parts: NotRequired[Sequence[str]]
    sentinels: NotRequired[Sequence[float]]


class CsvDialect(TypedDict, total=False):
    """How a csv is written; without a key as most are (see `automl.data.read.dialect.Dialect`)."""

    separator: str
    quote: str
    skip_blank: bool
    encoding: str


class Reader(TypedDict):
    """How rows are read: the columns of the graph, and as `evidence` those that costs and today's rule need too."""

    columns: Sequence[ColumnReader]
    evidence: NotRequired[Sequence[ColumnReader]]
