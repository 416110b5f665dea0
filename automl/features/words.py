"""The words of a text column and their neighbours, as indices that the graph computes and as a sparse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.vocabulary import SEEN
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

Floats = NDArray[np.float64]
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
SAMPLE = 50_000  # rows that words are found on and models are fitted on
CHUNK = 8_192  # rows at a time: an index is as wide as the longest text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The terms of one column: known words and pairs of them side by side, and what the fitted texts have of them.

    `idf` [terms] is the weight of each term, higher for rare ones. `matrix` is TF-IDF as scipy CSR [n, terms], each
    row divided by the root of its terms' squared weights.
    """

    words: ops.Tokens
    pairs: ops.Pair
    idf: Floats
    matrix: Any


def find_words(texts: pl.Series, *, seed: int) -> Words | None:
    """The words that at least `SEEN` of the `texts` have, and their pairs; None if there are none.

    Upper and lower case are one word: its usual forms are keys of one code, so nothing is lower-cased when scoring.
    """
    some = np.sort(np.random.default_rng(seed).permutation(len(texts))[:SAMPLE])
    words = _vocabulary(texts[some])
    if words is None:
        return None
    codes = _codes(words, texts)
    pair_codes = _side_by_side(codes, words.size)
    pairs = _pairs(words, pair_codes[some])
    counts = _counted(codes, words.size - 1, pair_codes, pairs)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = 1.0 + np.log((1.0 + len(texts)) / (1.0 + frequency))
    return Words(words=words, pairs=pairs, idf=idf, matrix=_weighted(counts, idf))


def term_sums(found: Words, weights: Floats) -> ops.Expr:
    """The product of a text's row of the matrix and `weights` [terms, k], as an expression of width k."""
    table = np.column_stack([weights * found.idf[:, None], found.idf**2])
    nothing, known = np.zeros(table.shape[1]), found.words.size - 1
    sums: ops.Expr = ops.Take(found.words, np.vstack([table[:known], nothing]))
    if len(found.pairs.keys):
        sums = ops.Add(sums, ops.Take(found.pairs, np.vstack([table[known:], nothing])))
    width = weights.shape[1]
    length = ops.SquareRoot(ops.Maximum(ops.Pick(sums, (width,)), ops.constant(1.0)))
    return ops.Divide(ops.Pick(sums, tuple(range(width))), length)


def _vocabulary(texts: pl.Series) -> ops.Tokens | None:
    parts = texts.str.extract_all(WORD).list.head(LONGEST)
    counts = pl.DataFrame({"row": np.arange(len(texts)), "word": parts}).explode("word").drop_nulls("word")
    forms = counts["word"].unique().to_frame()
    folded = counts.join(forms.with_columns(pl.col("word").str.to_lowercase().alias("low")), on="word")
    seen = folded.group_by("low").agg(pl.col("row").n_unique().alias("rows")).filter(pl.col("rows") >= SEEN)
    seen = seen.sort("rows", "low", descending=[True, False]).head(MOST_WORDS)
    if seen.is_empty():
        return None
    keys, codes = _forms(seen["low"].to_list())
    most = max(2, int(np.quantile(parts.list.len().to_numpy(), 0.999, method="higher")))
    return ops.Tokens(ops.Column(texts.name, "text"), WORD, keys, codes, most)


def _forms(words: list[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Each word as it is, Capitalised and in CAPITALS; what two words share belongs to the more frequent one."""
    codes: dict[str, int] = {}
    for form in (str, str.capitalize, str.upper):
        for code, word in enumerate(words):
            codes.setdefault(form(word), code)
    return tuple(codes), tuple(codes.values())


def _codes(words: ops.Tokens, texts: pl.Series) -> Ints32:
    """The known words of each text by code, [n, most]."""
    codes = np.empty((len(texts), words.most), dtype=np.int32)
    for start in range(0, len(texts), CHUNK):
        chunk = {texts.name: texts[start : start + CHUNK]}
        codes[start : start + CHUNK] = evaluate({"words": words}, chunk)["words"]
    return codes


def _side_by_side(codes: Ints32, size: int) -> Ints:
    """Each two known neighbours as one number, [n, most - 1]; -1 where one is not known."""
    left, right = codes[:, :-1].astype(np.int64), codes[:, 1:]
    return np.where((left < size - 1) & (right < size - 1), left * size + right, -1)


def _pairs(words: ops.Tokens, pair_codes: Ints) -> ops.Pair:
    left, right = (ops.Pick(words, tuple(range(start, words.most - 1 + start))) for start in (0, 1))
    row, place = np.nonzero(pair_codes >= 0)
    once, _ = _distinct(row * words.size**2 + pair_codes[row, place])  # a pair counts once for each text
    keys, rows = _distinct(once % words.size**2)
    keys, rows = keys[rows >= SEEN], rows[rows >= SEEN]
    return ops.Pair(left, right, words.size, np.sort(keys[np.argsort(-rows, kind="stable")[:MOST_PAIRS]]))


def _distinct(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in ascending order and how often each is there; numpy's own way takes ten times as long."""
    ordered = np.sort(values)
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[starts], np.diff(starts, append=len(ordered))


def _counted(codes: Ints32, known: int, pair_codes: Ints, pairs: ops.Pair) -> Any:
    """How often each text has each term, CSR [n, words + pairs]."""
    from scipy import sparse

    row, place = np.nonzero(codes < known)
    row_of_pair, place_of_pair = np.nonzero(pair_codes >= 0)
    key = pair_codes[row_of_pair, place_of_pair]
    at = np.searchsorted(pairs.keys, key)
    there = pairs.keys[np.minimum(at, len(pairs.keys) - 1)] == key if len(pairs.keys) else np.zeros(len(key), np.bool_)
    rows = np.concatenate([row, row_of_pair[there]])
    terms = np.concatenate([codes[row, place], known + at[there]])
    shape = (len(codes), known + len(pairs.keys))
    return sparse.csr_matrix((np.ones(len(rows)), (rows, terms)), shape=shape)


def _weighted(counts: Any, idf: Floats) -> Any:
    from scipy import sparse

    scale = 1.0 / np.sqrt(np.maximum(counts @ idf**2, 1.0))
    return (sparse.diags(scale) @ counts @ sparse.diags(idf)).tocsr()
