"""An ensemble of several targets is cut into one for each, with the same sums to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from automl.graph import targets
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.graph.targets import by_target
from automl.ops.expr import Ensemble, Features, Trees
from automl.ops.forest import score

Grow = Callable[..., Ensemble]
VALUES = [np.nan, 0, 1, 2, 3, -1, 5, 7, 39, 40, 63, 64, 65, 199, -3, 2.0**53, 1e300, 1e19, np.inf, -np.inf]


@pytest.mark.parametrize("modes", [(0,), (0, 1, 2)])
def test_each_target_may_have_its_own_node(grow: Grow, modes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees of one target each are cut apart, the same sums to the bit; a tree of several targets keeps all whole."""
    mixed = grow(2, modes=modes, trees=60, width=3)
    tree_of_leaf = targets._trees(mixed)[1]
    apart = replace(mixed, leaf_target=np.random.default_rng(1).integers(0, 3, 60)[tree_of_leaf], base=np.arange(3.0))
    x = np.random.default_rng(0).choice(VALUES, size=(50, 4))
    whole = _run(apart, x)
    monkeypatch.setattr(targets, "MANY", 1)
    assert [part.width for part in targets.by_target(mixed)] == [3]
    parts = targets.by_target(apart)
    assert [part.width for part in parts] == [1, 1, 1]
    assert sum(len(part.roots) for part in parts) == 60
    assert _run(apart, x).tobytes() == whole.tobytes()
    none_of_the_last = replace(apart, leaf_target=np.minimum(apart.leaf_target, 1))
    np.testing.assert_allclose(_run(none_of_the_last, x), score(none_of_the_last, x), rtol=0, atol=1e-13)


def one_each(ensemble: Ensemble, seed: int) -> Ensemble:
    """The ensemble with each tree's leaves all of one target, drawn."""
    tree_of_leaf = targets._trees(ensemble)[1]
    drawn = np.random.default_rng(seed).integers(0, ensemble.width, len(ensemble.roots))
    return replace(ensemble, leaf_target=drawn[tree_of_leaf])


@pytest.mark.parametrize("seed", range(6))
def test_the_parts_score_their_own_target(grow: Grow, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Column k of the whole is the part k, in numpy too, whatever shape the trees have and wherever NaN goes."""
    monkeypatch.setattr(targets, "MANY", 1)
    whole = one_each(grow(seed, trees=12, width=3, depth=seed), seed)
    x = np.random.default_rng(seed).choice(VALUES, size=(40, 4))
    parts = by_target(whole)
    assert len(parts) == 3
    np.testing.assert_array_equal(np.hstack([score(part, x) for part in parts]), score(whole, x))
    assert sum(len(part.feature) for part in parts) == len(whole.feature)
    assert sum(len(part.leaf_value) for part in parts) == len(whole.leaf_value)
    assert sum(len(part.sets) for part in parts) == len(whole.sets)


def test_few_trees_stay_together(grow: Grow) -> None:
    """Where further nodes of the graph cost more than they save, and where there is one target, nothing is cut."""
    single = grow(1, trees=3)
    assert by_target(single) == (single,)
    few = one_each(grow(1, trees=3 * targets.MANY - 1, depth=1, width=3), 1)
    assert by_target(few) == (few,)
    enough = one_each(grow(1, trees=3 * targets.MANY, depth=1, width=3), 1)
    assert len(by_target(enough)) == 3


def test_each_node_and_leaf_has_its_tree(grow: Grow) -> None:
    """A walk from each root meets the nodes and leaves that are counted as its own, and each is met once."""
    ensemble = grow(4, trees=9, depth=4)
    tree_of_node, tree_of_leaf = targets._trees(ensemble)

    def walked(place: int) -> tuple[list[int], list[int]]:
        if place < 0:
            return [], [-1 - place]
        sides = [walked(int(child[place])) for child in (ensemble.true_child, ensemble.false_child)]
        return [place, *sides[0][0], *sides[1][0]], [*sides[0][1], *sides[1][1]]

    for tree, root in enumerate(ensemble.roots):
        nodes, leaves = walked(int(root))
        assert sorted(nodes) == np.flatnonzero(tree_of_node == tree).tolist()
        assert sorted(leaves) == np.flatnonzero(tree_of_leaf == tree).tolist()


def _run(ensemble: Ensemble, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    leaf = Features(x.shape[1])
    return open_session(to_onnx({"raw": Trees(leaf, ensemble)}, inputs=[leaf])).run({"features": x})["raw"]
