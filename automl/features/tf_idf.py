"""TF-IDF: what a term weighs, as a sparse matrix and as tables of the graph. Workers load it, so there is no frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.ops import expr as ops

Floats = NDArray[np.float64]


def idf_of(counts: Any) -> Floats:
    """The weight of each term, from how often each text has each of them, CSR [n, terms]."""
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(1.0 + np.log((1.0 + counts.shape[0]) / (1.0 + frequency)))


def weighed(counts: Any, idf: Floats) -> Any:
    """The matrix of `Terms`, from how often each text has each term, CSR [n, terms]."""
    from scipy import sparse

    scale = 1.0 / np.sqrt(np.maximum(counts @ idf**2, 1.0))
    return (sparse.diags(scale) @ counts @ sparse.diags(idf)).tocsr()


def table_sums(indices: Sequence[ops.Expr], sizes: Sequence[int], idf: Floats, weights: Floats) -> ops.Expr:
    """`terms.term_sums` from the parts of `Terms` that it needs."""
    table = np.column_stack([weights * idf[:, None], idf**2])
    nothing, ends = np.zeros(table.shape[1]), np.cumsum(sizes)
    parts: list[ops.Expr] = [
        ops.Take(index, np.vstack([table[end - size : end], nothing]))
        for index, size, end in zip(indices, sizes, ends, strict=True)
        if size
    ]
    sums = reduce(ops.Add, parts)
    width = weights.shape[1]
    length = ops.SquareRoot(ops.Maximum(ops.Pick(sums, (width,)), ops.constant(1.0)))
    return ops.Divide(ops.Pick(sums, tuple(range(width))), length)
