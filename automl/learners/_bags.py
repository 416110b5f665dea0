"""Bags of words and items as learners see them: places of the matrix, counted into TF-IDF; the same in a graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.features.tf_idf import idf_of, table_sums, weighed
from automl.learners.base import FeatureInfo, Floats, Matrix
from automl.ops.expr import AsIndex, Expr, Features, Pick, as_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """One bag: its places among the `of` columns of the matrix, and the weight of each term that is known.

    Codes rise from the most frequent term on; what is not below the number of terms is none.
    """

    of: int
    columns: tuple[int, ...]
    idf: Floats  # [terms]

    @property
    def terms(self) -> int:
        """How many are known."""
        return len(self.idf)

    def matrix(self, values: Floats) -> Any:
        """TF-IDF of the rows, each divided by its length, as scipy CSR [n, terms]."""
        return weighed(_counts(values, self.columns, self.terms), self.idf)

    def product_expression(self, weights: Floats) -> Expr:
        """A row of `matrix` times `weights` [terms, k], as operations."""
        codes = AsIndex(Pick(Features(self.of), self.columns), self.terms + 1)
        return table_sums((codes,), (self.terms,), self.idf, weights)


def learn_bags(train: Matrix, most: int) -> tuple[Bag, ...]:
    """The bags of the matrix, with the most frequent terms of each, at most `most` in all."""
    found = list(_found(train.features))
    every = sum(levels - 1 for _, levels in found)
    share = min(1.0, most / max(1, every))
    bags: list[Bag] = []
    for columns, levels in found:
        counts = _counts(train.values, columns, int(share * (levels - 1)))
        if counts.shape[1]:
            bags.append(Bag(of=len(train.features), columns=columns, idf=idf_of(counts)))
    return tuple(bags)


def _found(features: Sequence[FeatureInfo]) -> Iterator[tuple[tuple[int, ...], int]]:
    """The places and levels of each bag."""
    for name in dict.fromkeys(feature.bag for feature in features if feature.kind == "token"):
        columns = tuple(j for j, feature in enumerate(features) if feature.kind == "token" and feature.bag == name)
        yield columns, max(features[j].levels for j in columns)


def _counts(values: Floats, columns: tuple[int, ...], terms: int) -> Any:
    """How often each row has each of the terms, as scipy CSR [n, terms]."""
    from scipy import sparse

    codes: NDArray[np.int64] = as_index(values[:, list(columns)], terms + 1)
    there = codes < terms
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    counts = sparse.csr_matrix((np.ones(ends[-1]), codes[there], ends), shape=(len(codes), terms))
    counts.sum_duplicates()
    return counts
