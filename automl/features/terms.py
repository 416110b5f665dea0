"""Terms of a text column (words, pairs of words, pieces of words): as indices of the graph, and as a sparse matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.features.tf_idf import idf_of, table_sums, weighed
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]

SAMPLE = 50_000  # rows that terms are found on and models are fitted on
CHUNK = 8_192  # rows at a time: an index is as wide as the longest text


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one column, and what the fitted texts have of them.

    Each of `indices` gives the places of a text's terms of one kind, of which there are as many as `sizes` says; the
    last place is that of none. `idf` [terms] is the weight of each term, higher for rare ones. `matrix` is TF-IDF as
    scipy CSR [n, terms], each row divided by the root of its terms' squared weights.
    """

    indices: tuple[ops.Expr, ...]
    sizes: tuple[int, ...]
    idf: Floats
    matrix: Any


def weigh(indices: Sequence[ops.Expr], sizes: Sequence[int], counts: Any) -> Terms:
    """The terms with their weights, from how often each text has each of them, CSR [n, terms]."""
    idf = idf_of(counts)
    return Terms(indices=tuple(indices), sizes=tuple(sizes), idf=idf, matrix=weighed(counts, idf))


def term_sums(found: Terms, weights: Floats) -> ops.Expr:
    """The product of a text's row of the matrix and `weights` [terms, k], as an expression of width k."""
    return table_sums(found.indices, found.sizes, found.idf, weights)


def some_of(texts: pl.Series, seed: int) -> Ints:
    """The rows that terms are found on, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(len(texts))[:SAMPLE])


def seen_parts(parts: pl.DataFrame, most: int, least: int) -> list[str]:
    """The values of ``part`` that at least so many of the texts (``row``) have, the most frequent first."""
    seen = parts.group_by("part").agg(pl.col("row").n_unique().alias("rows")).filter(pl.col("rows") >= least)
    return seen.sort("rows", "part", descending=[True, False]).head(most)["part"].to_list()


def codes_of(tokens: ops.Tokens, texts: pl.Series) -> Ints32:
    """The codes of the parts of each text [n, most], computed in chunks."""
    codes = np.empty((len(texts), tokens.most), dtype=np.int32)
    for start in range(0, len(texts), CHUNK):
        chunk = {texts.name: texts[start : start + CHUNK]}
        codes[start : start + CHUNK] = evaluate({"codes": tokens}, chunk)["codes"]
    return codes


def distinct(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in ascending order and how often each is there; numpy's own way takes ten times as long."""
    ordered = np.sort(values)
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[starts], np.diff(starts, append=len(ordered))


def seen_codes(codes: Ints, limit: int, most: int, least: int) -> Ints:
    """The most frequent codes below `limit` that at least so many of the texts have, ascending.

    `codes` [n, places] are those of each text, -1 where there is none; one counts once for each text.
    """
    row, place = np.nonzero(codes >= 0)
    once, _ = distinct(row * limit + codes[row, place])
    keys, rows = distinct(once % limit)
    keys, rows = keys[rows >= least], rows[rows >= least]
    return np.sort(keys[np.argsort(-rows, kind="stable")[:most]])


def placed(keys: Ints, codes: Ints) -> tuple[Ints, Ints]:
    """Each of the `codes` [n, places] that is one of `keys` (ascending): its text, and where the key stands."""
    row, place = np.nonzero(codes >= 0)
    if not len(keys):
        return row[:0], place[:0]
    values = codes[row, place]
    at = np.minimum(np.searchsorted(keys, values), len(keys) - 1)
    there = keys[at] == values
    return row[there], at[there]
