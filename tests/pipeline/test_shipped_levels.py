"""What a bundle says of its lists of levels is what stands in its graph."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.features.vocabulary import place
from automl.ops import expr as ops
from automl.pipeline.shipped_levels import shipped_levels

FRAME = pl.DataFrame({"c": ["a"] * 7 + ["b"] * 6 + ["rare"] * 2, "d": ["x", "y", "y"] * 5, "t": ["good good bad"] * 15})


def told(*exprs):
    return {(one.columns, one.what): (one.levels, one.rows) for one in shipped_levels(exprs, FRAME)}


def test_a_list_is_told_with_its_fewest_rows():
    """Of the levels a and b the rarer one has six rows; the rare level, which stands for others, is in no list."""
    table = ops.Take(place("c", ("a", "b")), np.zeros((3, 1)))
    assert told(table) == {(("c",), "levels"): (2, 6)}
    assert told(ops.Column("x"), ops.constant(1.0)) == {}


def test_lists_of_one_column_are_told_once():
    """Two features of a column, with lists of their own: the longest, and the fewest rows behind a level of any."""
    assert told(place("c", ("b",)), place("c", ("a", "b", "rare"))) == {(("c",), "levels"): (3, 2)}


def test_a_level_that_only_another_column_has_is_not_counted():
    """Columns that are compared share a list; what stands in no row of this one tells nothing of its rows."""
    assert told(place("c", ("a", "x", "y"))) == {(("c",), "levels"): (1, 7)}
    assert told(place("c", ("x",))) == {}


def test_combinations_and_words_have_lists_of_their_own():
    """Pairs count the rows that have both levels; a word that a text has twice has one row there."""
    pair = ops.Pair(place("c", ("a", "b")), place("d", ("x", "y")), 3, np.array([0, 1]))
    found = told(pair)
    assert found[("c", "d"), "combinations"] == (2, 3)
    assert found[("d",), "levels"] == (2, 5)
    words = ops.Tokens(ops.Column("t", "text"), "[a-z]+", ("good", "bad", "Bad"), (0, 1, 1), 3)
    assert told(words) == {(("t",), "words or letters"): (2, 15)}
