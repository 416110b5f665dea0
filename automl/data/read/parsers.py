"""Numbers from text: the closed list of parsers, each with its words."""

import re
from collections.abc import Callable
from functools import lru_cache

from automl.data.read.column_reader import Parser
from automl.data.read.scalars import BLANKS, FLAGS, NAN, finite

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def parsed(parser: Parser | None, text: str) -> float:
    """The number that `text` is by the parser, without one by `NUMBER`, true or false; NaN where it is none."""
    if parser:
        return PARSERS[parser["kind"]](parser, text)
    number = decimal({}, text)
    return number if number == number else FLAGS.get(text.lower(), NAN)  # noqa: PLR0124  # NaN is not itself


def decimal(parser: Parser, text: str) -> float:
    """{"kind": "number", "decimal": ",", "group": "."}: groups of three digits, or none."""
    point, group = parser.get("decimal", "."), parser.get("group", "")
    if point != "." or group:
        if not _grouped(point, group).fullmatch(text):
            return NAN
        text = (text.replace(group, "") if group else text).replace(point, ".")
    return finite(text) if NUMBER.fullmatch(text) else NAN


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
    return sign * decimal(parser, text.strip(BLANKS))


def _percent(parser: Parser, text: str) -> float:
    """{"kind": "percent", ...}: "12.5 %" is 0.125; without the sign it is missing."""
    return decimal(parser, text[:-1].rstrip(BLANKS)) / 100.0 if text.endswith("%") else NAN


def _unit(parser: Parser, text: str) -> float:
    """{"kind": "unit", "units": {"weeks": 7, "": 1}, ...}: "3 weeks" is 21; units in lower case, "" is no unit.

    One of the `symbols` of an amount may stand in front: "$1.2M".
    """
    text = next((text[len(s) :].lstrip(BLANKS) for s in parser.get("symbols", ()) if text.startswith(s)), text)
    quantity = QUANTITY.fullmatch(text)
    if quantity is None or (factor := parser["units"].get((quantity[2] or "").lower())) is None:
        return NAN
    return decimal(parser, quantity[1]) * factor


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
    part = {key: decimal(parser, given) for key, given in bounds.groupdict().items() if given}
    if "below" in part:
        return part["below"] / 2 if part["below"] > 0 else part["below"]
    low, *rest = part.values()
    high = rest[0] if rest else low
    return (low + high) / 2 if low <= high else NAN


def _words(parser: Parser, text: str) -> float:
    """{"kind": "words", "words": {"one": 1, "two": 2}}: words in lower case; numbers are themselves."""
    return float(parser["words"].get(text.lower(), decimal({}, text)))


def _flag(parser: Parser, text: str) -> float:
    """{"kind": "flag", "true": [...], "false": [...]}: words in lower case; 1.0 and 0.0 are understood too."""
    word = text.lower()
    if word in parser["true"]:
        return 1.0
    return 0.0 if word in parser["false"] else decimal({}, text)


def _duration(_: Parser, text: str) -> float:
    """{"kind": "duration"}: seconds of "1 days 02:03:04.5", "-1 day, 23:59:55", "14:30", "-PT5S", or themselves."""
    clock = CLOCK.fullmatch(text)
    if clock and (clock["days"] or clock["H"]):
        hours = _nanos(3600, clock["H"]) + _nanos(60, clock["M"]) + _nanos(1, clock["S"])
        return (_nanos(86_400, clock["days"]) + (-hours if clock["sign"] == "-" else hours)) / 10**9
    iso = PERIOD.fullmatch(text)
    if iso and text[-1] not in "PT":
        total = sum(_nanos(size, iso[unit]) for unit, size in PERIOD_UNITS.items())
        return (-total if iso["sign"] == "-" else total) / 10**9
    return decimal({}, text)


def _nanos(seconds: int, count: str | None) -> int:
    """The nanoseconds of a count of units, of so many seconds each: sums are exact."""
    whole, _, part = (count or "0").replace(",", ".").partition(".")
    return seconds * int(whole + part.ljust(9, "0"))


PARSERS: dict[str, Callable[[Parser, str], float]] = {
    "number": decimal,
    "currency": _currency,
    "percent": _percent,
    "unit": _unit,
    "range": _range,
    "words": _words,
    "flag": _flag,
    "duration": _duration,
}
CLOCK = re.compile(
    r"(?:(?P<days>[+-]?[0-9]{1,9}) days?,? ?)?"
    r"(?:(?P<sign>[+-]?)(?P<H>[0-9]{1,6}):(?P<M>[0-5][0-9])(?::(?P<S>[0-5][0-9](?:[.,][0-9]{1,9})?))?)?"
)
PERIOD = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<W>[+-]?[0-9]{1,12})W)?(?:(?P<D>[+-]?[0-9]{1,12})D)?"
    r"(?:T(?:(?P<H>[+-]?[0-9]{1,12})H)?(?:(?P<M>[+-]?[0-9]{1,12})M)?(?:(?P<S>[+-]?[0-9]{1,12}(?:[.,][0-9]{1,9})?)S)?)?"
)
PERIOD_UNITS = {"W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1}
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
