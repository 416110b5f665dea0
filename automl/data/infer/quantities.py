"""Numbers that stand in text with words and signs around them: amounts, percentages, units, ranges, number words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from automl.data.read.column_reader import Parser

SYMBOLS = ("$", "€", "£", "¥", "₹", "USD", "EUR", "GBP", "CHF")
UNITS: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("numbers of days", {"day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7}),
    (
        "numbers of days",  # a month and a year of the Gregorian calendar, on average
        {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7, "mo": 30.436875, "month": 30.436875}
        | {"months": 30.436875, "y": 365.2425, "yr": 365.2425, "yrs": 365.2425, "year": 365.2425, "years": 365.2425},
    ),
    (
        "numbers of seconds",
        {"ms": 0.001, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "min": 60, "mins": 60, "minute": 60}
        | {"minutes": 60, "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400},
    ),
    ("places in an order", {"": 1, "st": 1, "nd": 1, "rd": 1, "th": 1}),
    (
        "numbers with thousands and millions",
        {"": 1, "k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9},
    ),
    ("grams", {"mg": 0.001, "g": 1, "gram": 1, "grams": 1, "kg": 1000, "kgs": 1000}),
    ("pounds", {"oz": 0.0625, "lb": 1, "lbs": 1, "pound": 1, "pounds": 1}),
    ("metres", {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000}),
    ("feet", {"in": 1 / 12, "inch": 1 / 12, "inches": 1 / 12, '"': 1 / 12, "ft": 1, "feet": 1, "'": 1, "mi": 5280}),
    ("litres", {"ml": 0.001, "cl": 0.01, "l": 1}),
    ("megabytes", {"b": 2**-20, "kb": 2**-10, "mb": 1, "gb": 2**10, "tb": 2**20}),
)
COUNTED = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
NUMBER_WORDS = {word: number for number, word in enumerate(COUNTED)}
RANGE_WORDS = ("or more", "and over", "over", "under", "to")
MOST_RANGES = 100  # distinct ranges; more are telephone numbers and the like
MOST_SYMBOLS = 4
LONGEST_UNIT = 12
FEWEST = 3  # distinct numbers before one unknown word behind them is a unit
WORD = r"[^0-9]*[^\W\d_][^0-9]*[23]?"  # kg, m2, km/h
TAIL = r"^[^0-9]{0,3}[0-9][0-9.,' \u00a0\u202f]*([^0-9.,' \u00a0\u202f].*)?$"

Spelling = tuple[str, Parser]


def spellings(values: pl.Series, signs: Sequence[tuple[str, str]]) -> Iterator[Spelling]:
    """Ways to read the distinct texts `values` as numbers with something around them: a reason and a parser each.

    `signs` are pairs of decimal and grouping sign, the likeliest first.
    """
    symbols = [symbol for symbol in SYMBOLS if values.str.contains(symbol, literal=True).any()]
    percent = bool(values.str.ends_with("%").any())
    units = _units(values)
    for point, group in signs:
        spelling: Parser = {"decimal": point, "group": group}
        if symbols:
            yield f"amounts in {' '.join(symbols)}", {"kind": "currency", "symbols": symbols, **spelling}
        if percent:
            yield "percentages", {"kind": "percent", **spelling}
        if units:
            yield units[0], {"kind": "unit", "units": dict(units[1]), "symbols": symbols, **spelling}
    taken = _range_symbols(values)
    if taken is not None:
        for point, group in signs[:2]:
            yield (
                "ranges, read as their middle",
                {"kind": "range", "symbols": taken, "decimal": point, "group": group},
            )


def in_words(values: pl.Series) -> Spelling | None:
    """Number words, where at least two are there and every text is one or a number."""
    low = values.str.to_lowercase()
    known = low.is_in(list(NUMBER_WORDS))
    if int(known.sum()) < 2 or not (known | low.str.contains(r"^[0-9]+$")).all():  # noqa: PLR2004  # one may be a name
        return None
    return "numbers in words", {"kind": "words", "words": NUMBER_WORDS}


def _units(values: pl.Series) -> tuple[str, Mapping[str, float]] | None:
    """The units behind the numbers: of one kind, or one unknown word; None for codes such as 12A and 12B."""
    matching = values.filter(values.str.contains(TAIL))
    if len(matching) < 0.9 * len(values):
        return None
    units = set(matching.str.extract(TAIL).fill_null("").str.to_lowercase())
    if units == {""} or "%" in units or any(len(unit) > LONGEST_UNIT for unit in units):
        return None
    for what, known in UNITS:
        if units <= set(known):
            return what, {unit: known[unit] for unit in sorted(units)}
    if len(units) > 1 or len(matching) < FEWEST:
        return None
    (unit,) = units
    return (f"numbers of {unit}", {unit: 1.0}) if re.fullmatch(WORD, unit) else None


def _range_symbols(values: pl.Series) -> list[str] | None:
    """What must be taken out before ranges such as "$1 - $5" or "31-40 years" can be read; None if there are none."""
    if len(values) > MOST_RANGES:
        return None
    low = values.str.to_lowercase()
    ranged = low.str.contains(r"[0-9][^0-9]*(?:-|\u2013|\u2014|~|\bto\b|\.\.|,|;)[^0-9]*[0-9]")
    opened = low.str.contains(r"^[^0-9]*(?:<|>|\u2264|\u2265|over|under)|(?:\+|or more|and over)[^0-9]*$")
    if int((ranged | opened).sum()) < 0.5 * len(values) or not ranged.any():
        return None
    words: set[str] = set()
    for text in low:
        rest = text
        for word in RANGE_WORDS:
            rest = re.sub(rf"\b{word}\b", " ", rest)
        words |= set(re.findall(r"[^\W\d_]+|[$€£¥₹%]", rest))
    return sorted(words, key=lambda word: (-len(word), word)) if len(words) <= MOST_SYMBOLS else None
