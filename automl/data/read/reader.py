"""One raw value -> what the graph takes; standard library only, because this text is copied into every `score.py`.

A reader is plain JSON, part of the manifest::

    {"columns": [{"name": "age", "wire": "number", "missing": ["?"], "parser": null}, ...]}

Wire ``number`` and ``flag`` give a float (NaN is missing), ``category`` and ``text`` a string (``""`` is missing),
``date`` a float of microseconds since 1970 in UTC (NaN is missing or outside the years 1 to 9999).

Text of a number: 2134 and 2134.0 are "2134", 0.5 is "0.5", "2134.0" and "02134" stay as they are written.
Numbers written as text follow `NUMBER`: ASCII digits, a point, an exponent; no underscores, no "nan", no "inf".
Whatever cannot be read as its wire says is missing; a list or a dict is an error.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NotRequired, TypedDict

BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff"
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999 in microseconds of UTC
LAST_FLOAT = 253_402_300_799_999_968  # the last float64 before the year 10000
NAN = math.nan
LARGE = 2**63  # whole numbers from here on are read with more care

Wire = Literal["number", "category", "text", "date", "flag"]
Unit = Literal["s", "ms", "us", "ns"]
Scalar = str | float | date | None  # what a raw cell holds, once numpy and pandas are taken off


class Parser(TypedDict, total=False):
    """How a text is read: a `kind` of `PARSERS`, or "date" (see `_moment`), with the words of that kind."""

    kind: Literal["number", "currency", "percent", "unit", "range", "words", "flag", "date"]
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


def read_row(reader: Reader, row: Mapping[str, object]) -> dict[str, float | str]:
    """Every column of the reader from `row`; further keys are not looked at.

    Raises KeyError for a column that `row` lacks, ValueError for a value that is no scalar; both name the column.
    """
    values: dict[str, float | str] = {}
    for column in reader["columns"]:
        name = column["name"]
        if "parts" in column:
            value: object = " ".join(_part(column, _cell(row, part)) for part in column["parts"])
        else:
            value = row.get(name) if column.get("optional") else _cell(row, name)
        values[name] = read_value(column, value)
    return values


def _cell(row: Mapping[str, object], name: str) -> object:
    try:
        return row[name]
    except KeyError:
        raise KeyError(f"the row has no column {name!r}") from None


def read_value(column: ColumnReader, value: object) -> float | str:
    """One value as the column's wire says; missing where it cannot be read."""
    wire = column["wire"]
    if wire == "number" and (type(value) is float or (type(value) is int and -LARGE < value < LARGE)):
        # the common case first: a row is read in microseconds
        return float(value) if -math.inf < value < math.inf and value not in column.get("sentinels", ()) else NAN
    scalar = _plain(column, value)
    if isinstance(scalar, str):
        scalar = scalar.strip(BLANKS)
        if scalar in column["missing"]:
            scalar = None
    if wire in {"category", "text"}:
        return _text(scalar)
    if scalar is None or scalar == "":
        return NAN
    if wire == "date":
        return _meant(column, _moment(column["parser"] or {"format": "iso"}, scalar))
    if isinstance(scalar, date):
        raise ValueError(f"column {column['name']!r} takes a {wire}, not the date {scalar}")  # noqa: TRY004  # bad data, not a bad call
    number = _number(column["parser"], scalar) if isinstance(scalar, str) else _finite(scalar)
    return _meant(column, number) if wire == "number" or number in {0.0, 1.0} else NAN


def _meant(column: ColumnReader, number: float) -> float:
    return NAN if number in column.get("sentinels", ()) else number


def _part(column: ColumnReader, value: object) -> str:
    return _text(_plain(column, value)).strip(BLANKS)


# --- one kind of Python value for each kind of scalar ------------------------------------------------


def _plain(column: ColumnReader, value: object) -> Scalar:
    """None, bool, int, float, str, date or datetime from whatever scalar it is; numpy and pandas by their looks."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, date):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item") and hasattr(value, "dtype"):
        return str(value) if value.dtype.kind == "M" else _plain(column, value.item())
    raise ValueError(f"column {column['name']!r} takes a single value, not a {type(value).__name__}")


def _text(value: Scalar) -> str:
    if isinstance(value, str):  # half a surrogate pair cannot be written as UTF-8
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 2.0**63 else repr(float(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _finite(value: str | float) -> float:
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond 1.8e308
        return NAN
    return number if math.isfinite(number) else NAN


# --- parsers: the closed list ------------------------------------------------------------------------


def _number(parser: Parser | None, text: str) -> float:
    return PARSERS[parser["kind"]](parser, text) if parser else _decimal({}, text)


def _decimal(parser: Parser, text: str) -> float:
    """{"kind": "number", "decimal": ",", "group": "."}: groups of three digits, or none."""
    point, group = parser.get("decimal", "."), parser.get("group", "")
    if point != "." or group:
        if not _grouped(point, group).fullmatch(text):
            return NAN
        text = (text.replace(group, "") if group else text).replace(point, ".")
    return _finite(text) if NUMBER.fullmatch(text) else NAN


def _currency(parser: Parser, text: str) -> float:
    """{"kind": "currency", "symbols": ["$"], ...}: $17.00, -$5, $-5, 17 €, ($5.00) is -5; the sign may be absent."""
    sign = 1.0
    if text.startswith("(") and text.endswith(")"):
        sign, text = -1.0, text[1:-1]
    if text.startswith("-"):
        sign, text = -sign, text[1:].lstrip(BLANKS)
    for symbol in parser["symbols"]:
        if text.startswith(symbol):
            text = text[len(symbol) :]
            break
        if text.endswith(symbol):
            text = text[: -len(symbol)]
            break
    return sign * _decimal(parser, text.strip(BLANKS))


def _percent(parser: Parser, text: str) -> float:
    """{"kind": "percent", ...}: "12.5 %" is 0.125; without the sign it is missing."""
    return _decimal(parser, text[:-1].rstrip(BLANKS)) / 100.0 if text.endswith("%") else NAN


def _unit(parser: Parser, text: str) -> float:
    """{"kind": "unit", "units": {"weeks": 7, "": 1}, ...}: "3 weeks" is 21; units in lower case, "" is no unit.

    One of the `symbols` of an amount may stand in front: "$1.2M".
    """
    text = next((text[len(s) :].lstrip(BLANKS) for s in parser.get("symbols", ()) if text.startswith(s)), text)
    quantity = QUANTITY.fullmatch(text)
    if quantity is None or (factor := parser["units"].get((quantity[2] or "").lower())) is None:
        return NAN
    return _decimal(parser, quantity[1]) * factor


def _range(parser: Parser, text: str) -> float:
    """{"kind": "range", "symbols": ["years", "$"], ...}: "31-40" and "(31, 40]" are 35.5, "65+" and ">65" are 65.

    "<18" is 9, the middle of 0 and 18. The symbols are taken out first, in lower case; a plain number is itself.
    """
    text = text.lower()
    for symbol in parser["symbols"]:
        text = text.replace(symbol, "")
    bounds = _bounds(parser.get("decimal", "."), parser.get("group", "")).fullmatch(text.strip(BLANKS))
    if bounds is None:
        return NAN
    part = {key: _decimal(parser, given) for key, given in bounds.groupdict().items() if given}
    if "below" in part:
        return part["below"] / 2 if part["below"] > 0 else part["below"]
    low, *rest = part.values()
    high = rest[0] if rest else low
    return (low + high) / 2 if low <= high else NAN


def _words(parser: Parser, text: str) -> float:
    """{"kind": "words", "words": {"one": 1, "two": 2}}: words in lower case; numbers are themselves."""
    return float(parser["words"].get(text.lower(), _decimal({}, text)))


def _flag(parser: Parser, text: str) -> float:
    """{"kind": "flag", "true": [...], "false": [...]}: words in lower case; 1.0 and 0.0 are understood too."""
    word = text.lower()
    if word in parser["true"]:
        return 1.0
    return 0.0 if word in parser["false"] else _decimal({}, text)


PARSERS: dict[str, Callable[[Parser, str], float]] = {
    "number": _decimal,
    "currency": _currency,
    "percent": _percent,
    "unit": _unit,
    "range": _range,
    "words": _words,
    "flag": _flag,
}
QUANTITY = re.compile(r"([+-]?[0-9.,' \u00a0\u202f]*[0-9.,])[ \u00a0\u202f]*([^0-9.,' \u00a0\u202f].*)?", re.DOTALL)


@lru_cache(maxsize=64)
def _grouped(point: str, group: str) -> re.Pattern[str]:
    return re.compile(f"[+-]?{_unsigned(point, group)}(?:[eE][+-]?[0-9]+)?")


def _unsigned(point: str, group: str) -> str:
    whole = "[0-9]{1,3}(?:" + re.escape(group) + "[0-9]{3})+|[0-9]+" if group else "[0-9]+"
    return f"(?:(?:{whole})(?:{re.escape(point)}[0-9]*)?|{re.escape(point)}[0-9]+)"


@lru_cache(maxsize=64)
def _bounds(point: str, group: str) -> re.Pattern[str]:
    number, blank = "-?" + _unsigned(point, group), "[ \u00a0]*"
    low, high = f"(?P<low>{number})", f"(?P<high>{number})"
    between = f"{blank}(?:-|\u2013|\u2014|~|to|\\.\\.){blank}"
    inner = f"[\\[(]{blank}(?P<from>{number}){blank}[,;]{blank}(?P<until>{number}){blank}[\\])]"
    above = f"(?:>=?|\u2265|over){blank}(?P<above>{number})|(?P<least>{number}){blank}(?:\\+|or more|and over)"
    below = f"(?:<=?|\u2264|under){blank}(?P<below>{number})"
    return re.compile(f"{low}(?:{between}{high})?|{inner}|{above}|{below}")


# --- dates -------------------------------------------------------------------------------------------

ISO = re.compile(
    r"(?P<Y>[0-9]{4})(?P<sep>[-/.]?)(?P<m>[0-9]{2})(?P=sep)(?P<d>[0-9]{2})"
    r"(?:[T ](?P<H>[0-9]{2}):?(?P<M>[0-9]{2})(?::?(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?)?"
    r" ?(?P<z>Z|[+-][0-9]{2}:?(?:[0-9]{2})?)?"
)
FIELDS = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "[0-9]{1,2}",
    "b": "[A-Za-z]{3,9}",
    "a": "[A-Za-z]{3,9}",
    "d": "[0-9]{1,2}",
    "H": "[0-9]{1,2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{1,9}",
    "p": "[AaPp][Mm]",
    "z": "Z|[+-][0-9]{2}:?(?:[0-9]{2})?",
}
UNITS: Mapping[Unit, float] = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


def _moment(parser: Parser, value: str | float | date) -> float:
    """{"kind": "date", "format": "iso" or "%d/%m/%Y", "zone": "UTC"}, or "unit": "s" for numbers since 1970."""
    if "unit" in parser:
        number = NAN if isinstance(value, date) else _decimal({}, value) if isinstance(value, str) else _finite(value)
        micros = number * UNITS[parser["unit"]]
        return _within(math.floor(micros)) if math.isfinite(micros) else NAN
    try:
        moment = value if isinstance(value, date) else _parsed(parser["format"], _text(value))
    except ValueError:  # the 30th of February
        return NAN
    if moment is None:
        return NAN
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  # its zone is looked up next
    return _microseconds(moment, parser.get("zone") or "UTC")


@lru_cache(maxsize=64)
def date_pattern(form: str) -> re.Pattern[str]:
    """The regular expression of a date format: "iso", or the fields %Y %y %m %b %a %d %H %M %S %f %p %z."""
    if form == "iso":
        return ISO
    pieces = re.split(r"%([YymbadHMSfpz])", form)
    return re.compile("".join(f"(?P<{p}>{FIELDS[p]})" if i % 2 else re.escape(p) for i, p in enumerate(pieces)))


def _parsed(form: str, text: str) -> datetime | None:
    fields = date_pattern(form).fullmatch(text)
    if fields is None:
        return None
    part = {"m": "1", "d": "1", "H": "0", "M": "0", "S": "0", "f": "0"}
    part |= {key: given for key, given in fields.groupdict().items() if given}
    if "y" in part:  # as POSIX has it: 69 to 99 are of the last century
        part["Y"] = str(int(part["y"]) + (1900 if int(part["y"]) > 68 else 2000))  # noqa: PLR2004  # POSIX
    if "b" in part:
        part["m"] = str(next((i for i, name in enumerate(MONTHS, 1) if name.startswith(part["b"].lower())), 0))
    hour = int(part["H"])
    if "p" in part:
        if not 1 <= hour <= 12:  # noqa: PLR2004  # a clock of twelve hours
            return None
        hour = hour % 12 + (12 if part["p"].lower() == "pm" else 0)
    year, month, day = (int(part[key]) for key in "Ymd")
    moment = datetime(year, month, day, hour, int(part["M"]), int(part["S"]), int(part["f"].ljust(6, "0")[:6]))  # noqa: DTZ001  # the zone comes next
    offset = part.get("z")
    return datetime.fromisoformat(f"{moment.isoformat()}{offset if offset != 'Z' else '+00:00'}") if offset else moment


def _microseconds(moment: datetime, zone: str) -> float:
    offset = moment.utcoffset()
    naive = moment.replace(tzinfo=None)
    if offset is None and zone != "UTC":
        from zoneinfo import ZoneInfo  # most bundles need no zone data

        try:
            offset = naive.replace(tzinfo=ZoneInfo(zone)).utcoffset()
        except OverflowError:  # the first and the last day of all
            return NAN
    span = naive - datetime(1970, 1, 1)  # noqa: DTZ001  # both naive
    if offset is not None:
        span -= offset
    return _within((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds)


def _within(micros: int) -> float:
    return float(min(micros, LAST_FLOAT)) if FIRST <= micros <= LAST else NAN
