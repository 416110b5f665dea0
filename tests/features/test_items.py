"""Items of lists: whole levels with their forms, in bulk as in the graph."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from automl.features.items import find_items
from automl.features.terms import term_sums
from automl.features.vocabulary import SEEN
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

FORMS = {
    '"': json.dumps,
    "'": str,
    "[,]": lambda items: "[" + ", ".join(items) + "]",
    "|": " | ".join,
    ",": ", ".join,
}
ODD = [
    "",
    "[]",
    '["OLIVE OIL"]',
    '["Olive Oil", "salt", "salt"]',
    '["salt", "flour, sifted"]',
    '[ "crème brûlée" ,"漢字🚀"]',
    '["a \\" b", "salt"',
    "salt|olive oil\n|\t,",
    "['salt', \"it's\"]",
    "[1, 5, 7]",
    " salt ,olive oil",
    '"""" [[,]]',
]


def lists(separator: str) -> pl.Series:
    """Each of three lists, and an empty one, many times."""
    write = FORMS[separator]
    made = [write(["olive oil", "salt"]), write(["salt", "crème brûlée"]), write(["olive oil", "egg"]), ""]
    return pl.Series("t", made * SEEN)


@pytest.mark.parametrize("separator", FORMS)
def test_an_item_is_a_level_of_its_own(separator: str) -> None:
    """The order of items and their case change nothing; two items are not the one that has the words of both."""
    found = find_items(lists(separator), separator, seed=0)
    write = FORMS[separator]
    rows = [write(["olive oil", "salt"]), write(["salt", "OLIVE OIL"]), write(["Olive Oil", "Salt"])]
    rows += [write(["olive", "oil", "salt"])]
    weights = np.random.default_rng(0).normal(size=(len(found.idf), 2))
    first, *same, other = evaluate({"v": term_sums(found, weights)}, pl.DataFrame({"t": rows}))["v"]
    for one in same:
        np.testing.assert_allclose(one, first, rtol=1e-12)
    assert abs(other - first).min() > 1e-6


@pytest.mark.parametrize("separator", FORMS)
def test_the_expression_is_the_product_with_the_matrix_and_the_graph(separator: str) -> None:
    """What ships gives the row of the matrix times the weights, and of odd texts the same in bulk as in the graph."""
    texts = lists(separator)
    found = find_items(texts, separator, seed=0)
    weights = np.random.default_rng(1).normal(size=(len(found.idf), 3))
    sums = term_sums(found, weights)
    np.testing.assert_allclose(
        evaluate({"v": sums}, texts.to_frame())["v"], found.matrix @ weights, rtol=1e-12, atol=1e-12
    )
    frame = pl.DataFrame({"t": [*ODD, *texts[:4]]})
    session = open_session(to_onnx({"v": sums}, inputs=[ops.Column("t", "text")]))
    np.testing.assert_allclose(
        session.run({"t": np.array(frame["t"].to_list(), dtype=object)})["v"],
        evaluate({"v": sums}, frame)["v"],
        rtol=1e-12,
        atol=1e-12,
    )


def test_an_item_that_few_rows_have_is_not_known() -> None:
    """Privacy: an item of fewer than five rows does not enter the bundle, however often a row has it."""
    secret = pl.Series("t", [*lists("|"), *["secret | secret"] * (SEEN - 1)])
    found = find_items(secret, "|", seed=0)
    assert not any("secret" in key for index in found.indices for key in index.keys)


def test_numbers_are_items() -> None:
    """Ids of one word have no words beside them."""
    texts = pl.Series("t", ["[1, 5]", "[5, 7, 7]"] * SEEN)
    found = find_items(texts, "[,]", seed=0)
    assert found.sizes == (3,)
    assert sorted(found.matrix.toarray()[1] > 0) == [False, True, True]


def test_lists_without_a_known_item_have_their_words() -> None:
    """Where no item comes back, the words in it may."""
    texts = pl.Series("t", [f"red {i}|big {i}" for i in range(20)])
    assert {"red", "big"} <= set(find_items(texts, "|", seed=0).indices[0].keys)
    assert find_items(pl.Series("t", [f"x{i}|y{i}" for i in range(20)]), "|", seed=0) is None
