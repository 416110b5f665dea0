"""The words of a text column, and pairs of them side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.terms import Terms, codes_of, placed, seen_codes, seen_parts, some_of, weigh
from automl.ops import expr as ops

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]

# Letters and digits by explicit ranges, so that RE2 and Rust agree whatever Unicode version they know.
LETTERS = (
    r"0-9A-Za-z_\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1FFF}\x{2C00}-\x{2DFF}\x{3040}-\x{D7FF}\x{F900}-\x{FDFF}"
    r"\x{FE70}-\x{FEFE}\x{10000}-\x{3FFFF}"
)
WORD = f"[{LETTERS}]+"
MOST_WORDS = 10_000  # of a column; each has up to three forms (lower, Capital, UPPER) in the bundle
MOST_PAIRS = 30_000
LONGEST = 400  # words of a text that are looked at


def find_words(texts: pl.Series, *, seed: int, most: int = MOST_WORDS + MOST_PAIRS) -> Terms | None:
    """The words that at least `SEEN` of the `texts` have, and their pairs; None if there are none.

    There are at most `most`, three pairs for each word. Upper and lower case are one word: its usual forms are keys of
    one code, so nothing is lower-cased when scoring.
    """
    some = some_of(texts, seed)
    words = word_tokens(texts[some], max(1, most // 4))
    if words is None:
        return None
    codes = codes_of(words, texts)
    pair_codes = _side_by_side(codes, words.size)
    pairs = _pairs(words, pair_codes[some], most * 3 // 4)
    known = words.size - 1
    return weigh((words, pairs), (known, len(pairs.keys)), _counted(codes, known, pair_codes, pairs))


def word_tokens(texts: pl.Series, most: int = MOST_WORDS) -> ops.Tokens | None:
    """The codes of the `most` frequent words that enough of the `texts` have; None if there are none."""
    parts = texts.str.extract_all(WORD).list.head(LONGEST)
    counts = pl.DataFrame({"row": np.arange(len(texts)), "word": parts}).explode("word").drop_nulls("word")
    forms = counts["word"].unique().to_frame()
    folded = counts.join(forms.with_columns(pl.col("word").str.to_lowercase().alias("low")), on="word")
    seen = seen_parts(folded.select("row", part="low"), min(most, MOST_WORDS))
    if not seen:
        return None
    keys, codes = _forms(seen)
    longest = max(2, int(np.quantile(parts.list.len().to_numpy(), 0.999, method="higher")))
    return ops.Tokens(ops.Column(texts.name, "text"), WORD, keys, codes, longest)


def _forms(words: list[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Each word as it is, Capitalised and in CAPITALS; what two words share belongs to the more frequent one."""
    codes: dict[str, int] = {}
    for form in (str, str.capitalize, str.upper):
        for code, word in enumerate(words):
            codes.setdefault(form(word), code)
    return tuple(codes), tuple(codes.values())


def _side_by_side(codes: Ints32, size: int) -> Ints:
    """Each two known neighbours as one number, [n, most - 1]; -1 where one is not known."""
    left, right = codes[:, :-1].astype(np.int64), codes[:, 1:]
    return np.where((left < size - 1) & (right < size - 1), left * size + right, -1)


def _pairs(words: ops.Tokens, pair_codes: Ints, most: int) -> ops.Pair:
    left, right = (ops.Pick(words, tuple(range(start, words.most - 1 + start))) for start in (0, 1))
    return ops.Pair(left, right, words.size, seen_codes(pair_codes, words.size**2, min(most, MOST_PAIRS)))


def _counted(codes: Ints32, known: int, pair_codes: Ints, pairs: ops.Pair) -> Any:
    """How often each text has each term, CSR [n, words + pairs]."""
    from scipy import sparse

    row, place = np.nonzero(codes < known)
    row_of_pair, at = placed(pairs.keys, pair_codes)
    rows = np.concatenate([row, row_of_pair])
    terms = np.concatenate([codes[row, place], known + at])
    shape = (len(codes), known + len(pairs.keys))
    return sparse.csr_matrix((np.ones(len(rows)), (rows, terms)), shape=shape)
