"""What a model is made of."""

from __future__ import annotations

import numpy as np

from automl.ops.expr import Add, AsIndex, Ensemble, Features, MatMul, Pair, Pick, Take, Trees, constant
from automl.search.worker.model_size import NOTHING, ModelSize, model_size


def stumps(count: int, *, width: int = 1) -> Trees:
    """Trees of one node over one feature; tree number t adds t or -t."""
    leaf = np.arange(count, dtype=np.float64)
    ensemble = Ensemble(
        feature=np.zeros(count, dtype=np.int64),
        threshold=np.arange(count, dtype=np.float64),
        mode=np.zeros(count, dtype=np.int8),
        nan_true=np.zeros(count, dtype=np.bool_),
        true_child=-1 - 2 * np.arange(count),
        false_child=-2 - 2 * np.arange(count),
        sets={},
        leaf_value=np.stack([leaf, -leaf], axis=1).reshape(-1),
        leaf_target=np.zeros(2 * count, dtype=np.int64),
        roots=np.arange(count),
        base=np.zeros(width),
    )
    return Trees(Features(1), ensemble)


def test_trees_count_by_nodes_and_steps() -> None:
    """Seven stumps are seven nodes, and seven steps for a row."""
    found = model_size(stumps(7))
    assert (found.nodes, found.steps, found.numbers) == (7.0, 7.0, 0.0)


def test_matrices_count_by_their_numbers() -> None:
    """What is multiplied counts by its cells, and each operation once, however often it is used."""
    picked = Pick(Features(3), (0, 1))
    product = MatMul(picked, np.ones((2, 4)))
    found = model_size(Add(product, product), Add(picked, constant(1.0)))
    assert found.numbers == 8.0
    assert found.operations == 6.0


def test_tables_of_pairs_count_with_their_keys() -> None:
    """A key of a pair is a number and a place beside what the table holds for it."""
    first, second = (AsIndex(Pick(Features(2), (column,)), 9) for column in range(2))
    table = Take(Pair(first, second, 9, np.array([3, 7, 8, 50])), np.ones((5, 2)))
    assert model_size(table).numbers == 2 * 4 + 5 * 2


def test_sizes_add_up() -> None:
    """Two members need what both need; the larger of two has the larger of each."""
    one, other = ModelSize(nodes=10.0, numbers=1.0), ModelSize(nodes=5.0, numbers=3.0)
    assert one + other == ModelSize(nodes=15.0, numbers=4.0)
    assert one | other == ModelSize(nodes=10.0, numbers=3.0)
    assert one * 3 == ModelSize(nodes=30.0, numbers=3.0)
    assert one + NOTHING == one
