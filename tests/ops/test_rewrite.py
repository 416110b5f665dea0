"""Expressions over fewer features and other leaves compute the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.errors import AutomlError
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.ops.expr import Ensemble, Expr
from automl.ops.rewrite import narrow, substitute, used_columns, used_features, widen

LEAF = ops.Features(6)


def test_used_features_are_those_picked_or_tested(grow: Callable[..., Ensemble]) -> None:
    """Of trees, the features that some node tests; of picks, the columns; nothing else."""
    ensemble = grow(0, features=2)
    exprs = (ops.Trees(LEAF, ensemble), ops.Sigmoid(ops.Pick(LEAF, (5, 3))))
    assert used_features(*exprs) == (0, 1, 3, 5)
    assert used_features(ops.constant(1)) == ()
    assert used_features(ops.Trees(ops.Pick(LEAF, (4, 2)), ensemble)) == (2, 4)


def test_only_picks_and_trees_may_look_at_the_matrix() -> None:
    """An operation on the whole matrix could not be narrowed, so it is refused."""
    with pytest.raises(AutomlError, match="RowSum"):
        used_features(ops.RowSum(LEAF))


@settings(max_examples=40)
@given(seed=st.integers(0, 50), picks=st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_narrowed_expressions_compute_the_same(grow: Callable[..., Ensemble], seed: int, picks: list[int]) -> None:
    """On the columns in use, the narrowed expressions give the same bits as on the whole matrix; widened, too."""
    trees = ops.Trees(LEAF, grow(seed, features=6, trees=2, depth=2))
    linear = ops.RowSum(ops.Pick(LEAF, tuple(picks)))
    both = ops.Add(trees, linear)
    x = np.random.default_rng(seed).integers(-3, 4, (30, 6)).astype(float)
    keep = used_features(both)
    small = narrow(both, trees, keep=keep)
    whole = evaluate({"both": both, "trees": trees}, {}, features=x)
    narrowed = evaluate({"both": small[0], "trees": small[1]}, {}, features=x[:, list(keep)])
    (back,) = widen(small[0], columns=6, keep=keep)
    widened = evaluate({"both": back, "trees": widen(small[1], columns=6, keep=keep)[0]}, {}, features=x)
    for name, values in whole.items():
        assert np.asarray(values).tobytes() == np.asarray(narrowed[name]).tobytes()
        assert np.asarray(values).tobytes() == np.asarray(widened[name]).tobytes()


def test_what_was_shared_stays_shared() -> None:
    """A raw score inside a prediction is the same object after the rewriting; what changes not is not copied."""
    raw = ops.Pick(LEAF, (1,))
    prediction = ops.Sigmoid(raw)
    constant = ops.Sigmoid(ops.constant(1))
    new_raw, new_prediction, same = narrow(raw, prediction, constant, keep=(1,))
    assert isinstance(new_prediction, ops.Sigmoid)
    assert new_prediction.of is new_raw
    assert same is constant


def test_substituting_a_leaf_keeps_the_values() -> None:
    """Columns side by side in the place of the matrix; a pick of one of them is that column itself."""
    columns: tuple[Expr, ...] = tuple(ops.Column(name) for name in "abcdef")
    matrix = ops.Concat(columns)
    exprs = (ops.Pick(LEAF, (2,)), ops.RowSum(ops.Pick(LEAF, (0, 5))))
    one, two = substitute(*exprs, by=lambda expr: matrix if expr is LEAF else None)
    assert one is columns[2]
    x = np.random.default_rng(0).normal(size=(4, 6))
    before = evaluate({"one": exprs[0], "two": exprs[1]}, {}, features=x)
    after = evaluate({"one": one, "two": two}, dict(zip("abcdef", x.T, strict=True)))
    assert np.asarray(before["one"]).tolist() == np.asarray(after["one"]).tolist()
    assert np.asarray(before["two"]).tolist() == np.asarray(after["two"]).tolist()


def test_an_inner_part_can_be_replaced_by_a_stub() -> None:
    """Parity by stage cuts below the raw scores."""
    raw = ops.Pick(LEAF, (1,))
    (cut,) = substitute(ops.Sigmoid(raw), by=lambda expr: ops.Stub("raw") if expr is raw else None)
    assert evaluate({"p": cut}, {}, stubs={"raw": np.zeros((2, 1))})["p"].tolist() == [[0.5], [0.5]]


def test_a_look_up_by_a_looked_up_number_becomes_one() -> None:
    """Text to code to weight is text to weight, also for codes that are no place in the table."""
    index = ops.IndexOf(ops.Column("job", "text"), ("a", "b", "c"))
    code = ops.Take(index, np.array([[2.0], [np.nan], [0.5], [0.0]]))
    weights = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])
    old = ops.Take(ops.AsIndex(ops.Pick(LEAF, (1,)), 4), weights)
    (new,) = substitute(old, by=lambda expr: ops.Concat((ops.constant(0), code)) if expr is LEAF else None)
    assert isinstance(new, ops.Take)
    assert new.index is index
    values = evaluate({"out": new}, {"job": np.array(["a", "b", "c", "else"], dtype=object)})["out"]
    assert values.tolist() == [[3.0, 30.0], [4.0, 40.0], [4.0, 40.0], [1.0, 10.0]]


def test_places_of_a_bag_become_its_index_again() -> None:
    """All places picked as numbers are the index that they come from, some of them its part; another size stays."""
    tokens = ops.Tokens(ops.Column("t", "text"), "[a-z]+", ("a", "b"), (0, 1), 3)
    places = tuple(ops.AsNumber(ops.Pick(tokens, (place,))) for place in range(3))
    matrix = ops.Concat((ops.constant(7), *places, ops.Column("x")))
    leaf, table = ops.Features(5), np.array([[1.0], [10.0], [0.0]])

    def taken(columns: tuple[int, ...], size: int) -> ops.Take:
        index = ops.AsIndex(ops.Pick(leaf, columns), size)
        return ops.Take(index, np.vstack([table[: size - 1], [[0.0]]]))

    exprs = (taken((1, 2, 3), 3), taken((2, 1), 3), taken((1, 2, 3), 2), taken((1, 4), 3))
    new = substitute(*exprs, by=lambda expr: matrix if expr is leaf else None)
    whole, part, fewer, mixed = (one.index for one in new if isinstance(one, ops.Take))
    assert whole is tokens
    assert isinstance(part, ops.Pick)
    assert (part.of, part.columns) == (tokens, (1, 0))
    assert isinstance(fewer, ops.AsIndex)
    assert isinstance(mixed, ops.AsIndex)
    rows = {"t": np.array(["a b a", "c b", ""], dtype=object), "x": np.array([1.0, 0.0, 2.0])}
    values = evaluate({str(k): one for k, one in enumerate(new)}, rows)
    found = [np.asarray(values[str(k)])[:, 0].tolist() for k in range(4)]
    assert found == [[12.0, 10.0, 0.0], [11.0, 10.0, 0.0], [2.0, 0.0, 0.0], [11.0, 1.0, 0.0]]


def test_columns_are_named_once_in_their_order():
    """Whatever stands between them, and in how many expressions: what a cost or a rule reads."""
    a, b = ops.Column("a"), ops.Column("b")
    assert used_columns(ops.Add(b, ops.Absolute(a)), ops.Add(a, ops.constant(1.0))) == ("b", "a")
    assert used_columns(ops.constant(1.0)) == used_columns() == ()
