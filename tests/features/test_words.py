"""Words and their neighbours: case, rarity, and the sums that the graph computes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import SEEN
from automl.features.terms import term_sums
from automl.features.words import find_words
from automl.ops.bulk import evaluate

TEXTS = pl.Series("t", ["Good dress, good size", "BAD dress", "bad size!", "good", "", "Dress bad bad"] * SEEN)


def test_case_does_not_matter_and_scoring_lowers_nothing():
    """Lower, Capitalised and CAPITAL forms of a word are keys of one code; other mixtures are unknown."""
    found = find_words(TEXTS, seed=0)
    codes = dict(zip(found.indices[0].keys, found.indices[0].codes, strict=True))
    assert codes["good"] == codes["Good"] == codes["GOOD"]
    assert "gOOD" not in codes
    assert len(set(codes.values())) == 4


def test_a_word_or_pair_that_few_rows_have_is_not_known():
    """Privacy: what fewer than five rows have does not enter the bundle, not as a word and not as a pair."""
    secret = pl.Series("t", [*TEXTS, *["secret word"] * (SEEN - 1), *["size dress"] * (SEEN - 1)])
    found = find_words(secret, seed=0)
    assert not {"secret", "word"} & set(found.indices[0].keys)
    assert len(found.indices[1].keys) == len(find_words(TEXTS, seed=0).indices[1].keys)


def test_a_word_counts_once_for_each_row():
    """One row that repeats a word five times does not make it known."""
    assert find_words(pl.Series("t", ["spam spam spam spam spam spam", "", ""]), seed=0) is None


@pytest.mark.parametrize("width", [1, 3])
def test_the_expression_is_the_product_with_the_matrix(width):
    """What ships for a text is its TF-IDF row times the weights."""
    found = find_words(TEXTS, seed=0)
    weights = np.random.default_rng(1).normal(size=(len(found.idf), width))
    computed = evaluate({"v": term_sums(found, weights)}, TEXTS.to_frame())["v"]
    np.testing.assert_allclose(computed, found.matrix @ weights, rtol=1e-12, atol=1e-12)


def test_rare_words_weigh_more():
    """A word that fewer texts have tells more."""
    found = find_words(pl.Series("t", ["common rare"] * SEEN + ["common"] * 50), seed=0)
    codes = dict(zip(found.indices[0].keys, found.indices[0].codes, strict=True))
    assert found.idf[codes["rare"]] > found.idf[codes["common"]]


def test_long_texts_are_cut_alike():
    """Beyond the longest looked at, words change nothing: in training as in the graph."""
    texts = pl.Series("t", ["a b c d"] * 5_000 + ["a " * 4 + "b " * 1_000])
    found = find_words(texts, seed=0)
    assert found.indices[0].most == 4
    weights = np.arange(1.0, len(found.idf) + 1)[:, None]
    ends = pl.Series("t", ["a a a a", "a a a a b b b"]).to_frame()
    first, second = evaluate({"v": term_sums(found, weights)}, ends)["v"][:, 0]
    assert first == second


def test_more_rows_may_be_asked_for():
    """A word and a pair stand in the model where as many texts have them as are asked for."""
    usual, careful = find_words(TEXTS, seed=0), find_words(TEXTS, seed=0, least=3 * SEEN)
    assert "size" in usual.indices[0].keys
    assert "size" not in careful.indices[0].keys
    assert set(careful.indices[0].keys) < set(usual.indices[0].keys)
    assert len(careful.indices[1].keys) < len(usual.indices[1].keys)
