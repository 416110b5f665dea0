"""The items of lists that stand as text, each a level however many words it has, with the words within them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from automl.features.terms import Ints32, Terms, codes_of, seen_parts, some_of, weigh
from automl.features.words import find_words, word_tokens
from automl.ops import expr as ops

PATTERNS = {'"': r'[^"]+', "'": r"""[^"']+""", "[,]": r"[^,\[\](){}]+"}  # escaped quotes part an item in two
NO_ITEM = r"^[\[\](){},\s]*$"  # what stands between quoted items
MOST_ITEMS = 10_000
LONGEST = 800  # parts of a list that are looked at
FORMS: tuple[Callable[[str], str], ...] = (str, str.capitalize, str.title, str.upper)


def item_pattern(separator: str) -> str:
    """What an item is, for the `separator` of a column whose sense is ``list``."""
    return PATTERNS.get(separator) or f"[^{separator}]+"


def find_items(texts: pl.Series, separator: str, *, seed: int, most: int = 2 * MOST_ITEMS) -> Terms | None:
    """The items that at least `SEEN` of the `texts` have, and their words where items have several; None without any.

    There are at most `most`, half of them words. Order says nothing; an item that is there twice counts twice. Upper
    and lower case are one item, with the blanks around items that the texts have: their forms are keys of one code.
    """
    from scipy import sparse

    some = some_of(texts, seed)
    items = _vocabulary(texts[some], separator, min(most // 2, MOST_ITEMS))
    if items is None:
        return find_words(texts, seed=seed, most=most)
    words = word_tokens(texts[some], most // 2) if any(" " in key.strip() for key in items.keys) else None
    tokens = [one for one in (items, words) if one is not None]
    sizes = [one.size - 1 for one in tokens]
    counts = [_counted(codes_of(one, texts), size) for one, size in zip(tokens, sizes, strict=True)]
    return weigh(tokens, sizes, sparse.hstack(counts, format="csr"))


def _vocabulary(texts: pl.Series, separator: str, most: int) -> ops.Tokens | None:
    pattern = item_pattern(separator)
    parts = texts.str.extract_all(pattern).list.head(LONGEST)
    raw = pl.DataFrame({"row": np.arange(len(texts)), "raw": parts}).explode("raw").drop_nulls("raw")
    forms = raw.select(pl.col("raw").unique()).filter(~pl.col("raw").str.contains(NO_ITEM))
    forms = forms.with_columns(part=pl.col("raw").str.strip_chars(" ").str.to_lowercase())
    seen = seen_parts(raw.join(forms, on="raw").select("row", "part"), most)
    if not seen:
        return None
    before = ("", " ") if forms["raw"].str.starts_with(" ").any() else ("",)
    after = ("", " ") if forms["raw"].str.ends_with(" ").any() else ("",)
    codes: dict[str, int] = {}
    for form, left, right in product(FORMS, before, after):
        for code, item in enumerate(seen):
            codes.setdefault(f"{left}{form(item)}{right}", code)
    longest = max(2, int(np.quantile(parts.list.len().to_numpy(), 0.999, method="higher")))
    return ops.Tokens(ops.Column(texts.name, "text"), pattern, tuple(codes), tuple(codes.values()), longest)


def _counted(codes: Ints32, known: int) -> Any:
    """How often each list has each item, CSR [n, items]."""
    from scipy import sparse

    row, place = np.nonzero(codes < known)
    return sparse.csr_matrix((np.ones(len(row)), (row, codes[row, place])), shape=(len(codes), known))
