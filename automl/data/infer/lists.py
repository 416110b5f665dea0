"""Lists that stand as text (`a|b|c`, `["a", "b c"]`, `[1, 5, 7]`): the sign between their items, found by the data."""

from __future__ import annotations

import polars as pl

SAMPLE = 2_000  # distinct texts that are looked at
MANY_LEVELS = 1_000
WORDS = 3  # parts of so many words, on average, are no levels
LISTED = 1.5  # items of a list, on average
BLANK = 0.05  # share of empty parts that may be
NEARLY_ALL = 0.95  # share of texts that have the form of a list
SIGNS = ("|", ";", ",")
BRACKETED = r"(?s)^\s*[\[({].*[\])}]\s*$"
QUOTED = {
    '"': r'^\s*[\[({]\s*(?:"[^"]*"\s*,?\s*)*[\])}]\s*$',
    "'": r"""^\s*[\[({]\s*(?:(?:'[^']*'|"[^"]*")\s*,?\s*)*[\])}]\s*$""",
}
WHOLE = r"^[+-]?[0-9]+$"


def list_sign(values: pl.Series) -> str:
    """The sign between the items of the distinct texts `values`; "" if these are no lists.

    A quote where items stand in quotes; ``[,]`` for other items between commas and brackets; else the sign itself, a
    blank only between whole numbers. Levels have to come back: nothing else tells lists from sentences.
    """
    values = values.head(SAMPLE)
    if _share(values, BRACKETED) >= NEARLY_ALL:
        quote = next((sign for sign, form in QUOTED.items() if _share(values, form) >= NEARLY_ALL), "")
        items = values.str.extract_all(f"[^{quote}]+" if quote else r"[^,\[\](){}]+").explode().str.strip_chars()
        items = items.drop_nulls().filter(items.drop_nulls().str.contains(r"[^\[\](){},\s]"))
        return (quote or "[,]") if len(items) and items.n_unique() <= len(items) / 2 else ""
    return next((sign for sign in (*SIGNS, " ") if _between(values, sign)), "")


def _between(values: pl.Series, sign: str) -> bool:
    lists = values.str.split(sign)
    parts = lists.explode().str.strip_chars()
    if len(parts) < LISTED * len(values) or float((parts == "").mean() or 0.0) > BLANK:  # type: ignore[arg-type]  # of flags
        return False
    if _share(parts, WHOLE) >= NEARLY_ALL:  # a basket: its items come back, and it is not always as long
        return parts.n_unique() <= len(parts) / 2 and float(lists.list.len().std() or 0.0) > 0.0  # type: ignore[arg-type]
    short = float(parts.str.count_matches(r"\S+").mean() or 0.0) < WORDS  # type: ignore[arg-type]  # of counts
    return sign in SIGNS and short and parts.n_unique() <= min(len(values), MANY_LEVELS) / 2


def _share(texts: pl.Series, form: str) -> float:
    return float(texts.str.contains(form).mean() or 0.0)  # type: ignore[arg-type]  # of flags
