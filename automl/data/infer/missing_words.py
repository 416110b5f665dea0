"""Texts that stand for missing: those in use everywhere, and the few words that repeat in a column of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from automl.data.read.parsers import NUMBER

MISSING = ("?", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "<NA>", "#N/A", "None", "none", "\\N", "-", "--", ".")
LABEL_MISSING = tuple(word for word in MISSING if word not in {"None", "none", "-", "--", "."})  # these may be levels
LABEL_WORDS = (*LABEL_MISSING, "inf", "-inf")  # of a target
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


def level_words(count: Mapping[str, int], *, blank: bool) -> frozenset[str]:
    """The words among the texts of a category (with their rows) that are levels and not missing.

    Where the column has `blank` cells too, these say that a value is missing: "NA" may be Namibia then, if it is as
    frequent as a level.
    """
    words, others = _parted(count, LABEL_MISSING)
    rarest = min(others.values(), default=0)
    return frozenset(word for word, rows in words.items() if blank and others and rows >= rarest)


def missing_labels(count: Mapping[str, int], *, typed: bool, binary: bool) -> frozenset[str]:
    """The words among the labels of a target (with their rows) that stand for missing.

    A `typed` source writes missing as null. In text a word is a label where it is as frequent as one, or where a single
    label would be left; among numbers it is missing. `binary`: beside two other labels no third one is meant.
    """
    words, others = _parted(count, LABEL_WORDS)
    if len(count) == 1 or (binary and len(others) == 2):  # noqa: PLR2004  # binary means two
        return frozenset(words)
    if typed:
        return frozenset()
    if others and all(NUMBER.fullmatch(label) for label in others):
        return frozenset(words)
    rarest = min(others.values(), default=0) if len(others) > 1 else 0
    return frozenset(word for word, rows in words.items() if rows < rarest)


def _parted(count: Mapping[str, int], known: tuple[str, ...]) -> tuple[dict[str, int], dict[str, int]]:
    """The texts that are `known` words, and the others."""
    words = {text: rows for text, rows in count.items() if text in known}
    return words, {text: rows for text, rows in count.items() if text not in words}
