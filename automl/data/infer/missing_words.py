"""Texts that stand for missing: those in use everywhere, and the few words that repeat in a column of numbers."""

from __future__ import annotations

import polars as pl

MISSING = ("?", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "<NA>", "#N/A", "None", "none", "\\N", "-", "--", ".")
LABEL_MISSING = tuple(word for word in MISSING if word not in {"None", "none", "-", "--", "."})  # these may be levels
NO_DATE = ("0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00.00.0000", "00000000")
KNOWN = frozenset({*MISSING, *NO_DATE})
WORD = r"^(?:[^0-9]+|#[^0-9]*/0!)$"  # no digit, but for what a spreadsheet shows for a division by zero
INFINITE = r"(?i)[+-]?(?:inf|infinity|\u221e)"
REPEATED = 2  # rows; a word that stands once may be a slip
MOST = 12  # words of one column
SHARE = 0.1  # of the distinct texts; where more are words, they are levels


def repeated_words(values: pl.Series, count: pl.Series) -> tuple[str, ...]:
    """The words among distinct texts that nearly all have digits, the most frequent first; () where they are many.

    `count` is how many rows each of the `values` has. Whether the others are numbers is for the caller to see.
    """
    words = values.filter(values.str.contains(WORD) & (count >= REPEATED))
    return tuple(words) if len(words) <= min(MOST, SHARE * len(values)) else ()
