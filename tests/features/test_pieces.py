"""Pieces of words: case, rarity, and the sums that the graph computes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import SEEN
from automl.features.pieces import LONGEST, find_pieces
from automl.features.terms import term_sums
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column

NAMES = pl.Series("t", ["Smithson", "smith", "GOLDSMITH & co", "Müller", "ab", ""] * SEEN)
ODD = ["Smithe", "", "sm", "müllerin", "🙂🙂🙂", "x" * 500, "GOLD smith", "\n\n\n"]


@pytest.mark.parametrize("width", [1, 3])
def test_the_expression_is_the_product_with_the_matrix(width: int) -> None:
    """What ships for a text is its TF-IDF row times the weights, and the graph has the same."""
    found = find_pieces(NAMES, seed=0)
    assert found is not None
    weights = np.random.default_rng(1).normal(size=(len(found.idf), width))
    sums = term_sums(found, weights)
    computed = evaluate({"v": sums}, NAMES.to_frame())["v"]
    np.testing.assert_allclose(computed, found.matrix @ weights, rtol=1e-12, atol=1e-12)
    texts = pl.DataFrame({"t": [*NAMES, *ODD]})
    graph = open_session(to_onnx({"v": sums}, inputs=[Column("t", "text")])).run({"t": texts["t"].to_numpy()})["v"]
    np.testing.assert_allclose(graph, np.asarray(evaluate({"v": sums}, texts)["v"]), rtol=1e-12, atol=1e-12)


def test_upper_and_lower_case_are_one() -> None:
    """A piece is the same in any case, and nothing is lower-cased when scoring."""
    found = find_pieces(NAMES, seed=0)
    assert found is not None
    texts = pl.DataFrame({"t": ["smith", "SMITH", "Smith", "sMiTh"]})
    values = np.asarray(evaluate({"v": term_sums(found, np.ones((len(found.idf), 1)))}, texts)["v"])
    assert len(set(values[:, 0].tolist())) == 1
    assert values[0, 0] > 0


def test_what_few_rows_have_is_not_known() -> None:
    """Privacy: a piece that fewer than five rows have does not enter the bundle, however often one row has it."""
    secret = pl.Series("t", [*NAMES, *["zqzqzqzqzq"] * (SEEN - 1)])
    one, two = find_pieces(NAMES, seed=0), find_pieces(secret, seed=0)
    assert one is not None
    assert two is not None
    assert one.sizes == two.sizes
    assert find_pieces(pl.Series("t", ["spamspam", "", ""]), seed=0) is None


def test_long_texts_are_cut_alike() -> None:
    """Letters beyond the longest looked at change nothing: in training as in the graph."""
    texts = pl.Series("t", ["abc" * 60] * SEEN + ["abd" * 60] * SEEN)
    found = find_pieces(texts, seed=0)
    assert found is not None
    weights = np.arange(1.0, len(found.idf) + 1)[:, None]
    ends = pl.DataFrame({"t": [("abc" * 60)[:LONGEST], ("abc" * 60)[:LONGEST] + "abd" * 9]})
    first, second = np.asarray(evaluate({"v": term_sums(found, weights)}, ends)["v"])[:, 0]
    assert first == second
