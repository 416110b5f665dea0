"""Pieces of a text column: three letters side by side, of words that are too many, too odd or misspelt to be known."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import SEEN
from automl.features.terms import Terms, codes_of, placed, seen_codes, seen_parts, some_of, weigh
from automl.ops import expr as ops

Ints = NDArray[np.int64]

LETTER = r"[\s\S]"  # blanks and signs are letters too
MOST_LETTERS = 100
MOST_PIECES = 20_000
LONGEST = 100  # letters of a text that are looked at


def find_pieces(texts: pl.Series, *, seed: int, least: int = SEEN) -> Terms | None:
    """The pieces that at least so many of the `texts` have; None if there are none. Upper and lower case are one."""
    from scipy import sparse

    some = some_of(texts, seed)
    letters = _letters(texts[some], least)
    if letters is None:
        return None
    triples = _triples(codes_of(letters, texts).astype(np.int64), letters.size)
    keys = seen_codes(triples[some], letters.size**3, MOST_PIECES, least)
    if not len(keys):
        return None
    row, at = placed(keys, triples)
    counts = sparse.csr_matrix((np.ones(len(row)), (row, at)), shape=(len(texts), len(keys)))
    return weigh((_index(letters, keys),), (len(keys),), counts)


def _letters(texts: pl.Series, least: int) -> ops.Tokens | None:
    parts = texts.str.to_lowercase().str.head(LONGEST).str.extract_all(LETTER)
    counts = pl.DataFrame({"row": np.arange(len(texts)), "part": parts}).explode("part").drop_nulls("part")
    found = seen_parts(counts, MOST_LETTERS, least)
    if not found:
        return None
    codes = {letter: code for code, letter in enumerate(found)}
    for code, letter in enumerate(found):
        if len(letter.upper()) == 1:
            codes.setdefault(letter.upper(), code)
    most = int(np.clip(np.quantile(texts.str.len_chars().to_numpy(), 0.999, method="higher"), 3, LONGEST))
    return ops.Tokens(ops.Column(texts.name, "text"), LETTER, tuple(codes), tuple(codes.values()), most)


def _triples(codes: Ints, size: int) -> Ints:
    """Each three known neighbours as one number, [n, most - 2]; -1 where one is not known."""
    first, second, third = codes[:, :-2], codes[:, 1:-1], codes[:, 2:]
    known = (first < size - 1) & (second < size - 1) & (third < size - 1)
    return np.where(known, (first * size + second) * size + third, -1)


def _index(letters: ops.Tokens, keys: Ints) -> ops.Pair:
    """Pairs of letters, and of pairs and letters the pieces."""
    size, last = letters.size, letters.most - 2
    first, second, third = (ops.Pick(letters, tuple(range(start, start + last))) for start in range(3))
    pairs = np.unique(keys // size)
    return ops.Pair(
        ops.Pair(first, second, size, pairs), third, size, np.searchsorted(pairs, keys // size) * size + keys % size
    )
