"""Trees of any shape join into one ensemble."""

import numpy as np

from automl.learners._trees import Tree, ensemble, single
from automl.ops.bulk import evaluate
from automl.ops.expr import Features, Trees


def tree(*, feature, threshold, true_child, false_child, leaf_value, target=0, sets=None):
    count = len(feature)
    return Tree(
        feature=np.asarray(feature, dtype=np.int64),
        threshold=np.asarray(threshold, dtype=np.float64),
        mode=np.asarray([2 if i in (sets or {}) else 0 for i in range(count)], dtype=np.int8),
        nan_true=np.zeros(count, dtype=np.bool_),
        true_child=np.asarray(true_child, dtype=np.int64),
        false_child=np.asarray(false_child, dtype=np.int64),
        leaf_value=np.asarray(leaf_value, dtype=np.float64),
        target=target,
        sets=sets or {},
    )


STUMP = tree(feature=[0], threshold=[0.5], true_child=[-1], false_child=[-2], leaf_value=[1.0, 2.0])
LEAF = tree(feature=[], threshold=[], true_child=[], false_child=[], leaf_value=[10.0], target=1)
DEEP = tree(
    feature=[0, 1],
    threshold=[0.5, 0.0],
    true_child=[1, -1],
    false_child=[-3, -2],
    leaf_value=[100.0, 200.0, 300.0],
    target=1,
    sets={1: (2, 40)},
)


def scores(values, *trees, **options):
    joined = ensemble(trees, base=np.asarray([0.25, 0.5]), **options)
    return evaluate({"raw": Trees(Features(2), joined)}, {}, features=np.asarray(values, dtype=np.float64))["raw"]


def test_leaves_and_nodes_keep_their_own_tree():
    """A stump, a single leaf and a tree with a set of codes add up in their columns, in any order."""
    rows = [[0.0, 40.0], [0.0, 3.0], [1.0, 2.0]]
    expected = [[1.25, 110.5], [1.25, 210.5], [2.25, 310.5]]
    assert scores(rows, STUMP, LEAF, DEEP).tolist() == expected
    assert scores(rows, DEEP, LEAF, STUMP).tolist() == expected


def test_leaves_are_spread_and_the_base_is_not():
    """The spread of a scaled target multiplies leaves only."""
    assert scores([[0.0, 0.0]], STUMP, spread=4.0).tolist() == [[4.25, 0.5]]


def test_no_tree_at_all_is_the_base():
    """An ensemble may be empty."""
    joined = ensemble((), base=np.asarray([0.25]))
    assert joined.roots.shape == (0,)
    assert joined.width == 1


def test_numbers_beyond_float32_stay_finite():
    """D14: XGBoost and CatBoost refuse infinities, so 1e308 becomes the largest float32; missing stays missing."""
    narrow = single(np.asarray([[1e308, -1e308, 1.5, np.nan]]))
    assert narrow.dtype == np.float32
    assert np.isfinite(narrow[0, :3]).all()
    assert np.isnan(narrow[0, 3])
