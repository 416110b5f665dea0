"""Terms of a text: which are known, what they weigh, and the sums that ship, each by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from automl.data.rows import SEEN
from automl.features import terms
from automl.features.terms import (
    SAMPLE,
    codes_of,
    distinct,
    placed,
    seen_codes,
    seen_parts,
    some_of,
    term_sums,
    weigh,
)
from automl.ops import expr as ops
from automl.ops.bulk import evaluate

INDEX = ops.IndexOf(ops.Column("t", "text"), ("often", "seldom"))


def test_a_rare_term_weighs_more():
    """By hand: of three texts one term is in all, one in one; the smooth inverse frequency of scikit-learn."""
    found = weigh([INDEX], [2], sparse.csr_matrix([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]]))
    assert found.idf == pytest.approx([1.0, 1.0 + np.log(2.0)])
    rare = 1.0 + np.log(2.0)
    both = np.sqrt(1.0 + rare**2)
    np.testing.assert_allclose(found.matrix.toarray(), [[1, 0], [1 / both, rare / both], [1, 0]])


def test_a_text_without_a_term_is_a_row_of_zeros():
    """Nothing known divides by one, not by zero."""
    found = weigh([INDEX], [2], sparse.csr_matrix([[0.0, 0.0], [2.0, 0.0]]))
    row = found.matrix.toarray()
    assert row[0].tolist() == [0.0, 0.0]
    assert np.isfinite(row).all()


@pytest.mark.parametrize("width", [1, 2])
def test_what_ships_is_the_product_with_the_matrix(width):
    """The expression gives each text its row of the matrix times the weights, and nothing to an unknown text."""
    texts = pl.DataFrame({"t": ["often", "seldom", "often", "never seen"]})
    counts = sparse.csr_matrix([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    found = weigh([INDEX], [2], counts)
    weights = np.array([[3.0, -1.0], [0.5, 2.0]])[:, :width]
    shipped = np.asarray(evaluate({"v": term_sums(found, weights)}, texts)["v"])
    np.testing.assert_allclose(shipped, found.matrix @ weights)
    assert shipped[3].tolist() == [0.0] * width


def test_kinds_of_terms_are_summed():
    """Words and pairs are two indices with one sum; a kind without terms is left out."""
    second = ops.IndexOf(ops.Column("u", "text"), ("other",))
    none = ops.IndexOf(ops.Column("u", "text"), ())
    rows = pl.DataFrame({"t": ["often", "seldom"], "u": ["other", "unknown"]})
    found = weigh([INDEX, none, second], [2, 0, 1], sparse.csr_matrix([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]))
    weights = np.array([[1.0], [10.0], [100.0]])
    shipped = np.asarray(evaluate({"v": term_sums(found, weights)}, rows)["v"])
    np.testing.assert_allclose(shipped, found.matrix @ weights)


def test_a_part_counts_once_for_each_text():
    """What one text repeats is not frequent; ties stand in the order of letters; at most so many are kept."""
    rows = [(row, part) for part in ("b", "a") for row in range(SEEN)]
    rows += [(row, "most") for row in range(SEEN + 1)] + [(0, "spam")] * 50 + [(row, "few") for row in range(SEEN - 1)]
    parts = pl.DataFrame(rows, schema=["row", "part"], orient="row")
    assert seen_parts(parts, 10, SEEN) == ["most", "a", "b"]
    assert seen_parts(parts, 2, SEEN) == ["most", "a"]
    assert seen_parts(parts.head(0), 2, SEEN) == []


@given(st.lists(st.integers(0, 30), max_size=80))
def test_distinct_is_what_numpy_says(values):
    """Values in ascending order and how often each is there, none for none."""
    keys, counts = distinct(np.asarray(values, dtype=np.int64))
    expected = np.unique(np.asarray(values, dtype=np.int64), return_counts=True)
    assert (keys.tolist(), counts.tolist()) == (expected[0].tolist(), expected[1].tolist())


def test_codes_that_enough_texts_have_are_kept():
    """A code counts once for each text, -1 is none; the most frequent are kept, in ascending order."""
    codes = np.array([[7, 7, 3]] * SEEN + [[9, -1, 3]] * SEEN + [[4, 4, -1]] * (SEEN - 1))
    assert seen_codes(codes, 10, 5, SEEN).tolist() == [3, 7, 9]
    assert seen_codes(codes, 10, 2, SEEN).tolist() == [3, 7]
    assert seen_codes(np.full((3, 2), -1), 10, 5, SEEN).tolist() == []


def test_codes_are_placed_among_the_keys():
    """For each code that is a key its text and its place, in reading order; what is no key, or -1, is left out."""
    row, at = placed(np.array([2, 5]), np.array([[5, 1, 2], [-1, 9, 5]]))
    assert (row.tolist(), at.tolist()) == ([0, 0, 1], [1, 0, 1])
    row, at = placed(np.array([], dtype=np.int64), np.array([[5, 1]]))
    assert (row.tolist(), at.tolist()) == ([], [])


def test_some_rows_are_drawn_by_the_seed():
    """All rows where they are few; else as many as the sample has, ascending, each once, the same by the same seed."""
    assert some_of(pl.Series(["a"] * 5), 3).tolist() == [0, 1, 2, 3, 4]
    many = pl.Series(["a"]).extend_constant("b", SAMPLE + 10)
    drawn = some_of(many, 3)
    assert len(set(drawn.tolist())) == SAMPLE
    assert (np.diff(drawn) > 0).all()
    np.testing.assert_array_equal(drawn, some_of(many, 3))
    assert (drawn != some_of(many, 4)).any()


def test_chunks_change_no_code(monkeypatch):
    """Codes of many texts are those of each alone; unknown words and places behind the text have the last code."""
    tokens = ops.Tokens(ops.Column("t", "text"), "[a-z]+", ("x", "y"), (0, 1), 3)
    texts = pl.Series("t", ["x y", "", "y what x", "x x x x"] * 3)
    whole = codes_of(tokens, texts)
    assert whole[:4].tolist() == [[0, 1, 2], [2, 2, 2], [1, 2, 0], [0, 0, 0]]
    monkeypatch.setattr(terms, "CHUNK", 5)
    np.testing.assert_array_equal(codes_of(tokens, texts), whole)
