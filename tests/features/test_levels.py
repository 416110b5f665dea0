"""Any column as a few levels: what shares one, where the rare ones go, and that scoring finds the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.data.rows import SEEN
from automl.features.levels import BINS, bin_edges, crossed, levels_of
from automl.ops.bulk import evaluate

NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, 0.0, -0.0, 1e308, -1e308]))


def placed(found, rows):
    """The levels that the expression gives to rows."""
    return np.asarray(evaluate({"i": found.index}, rows)["i"]).reshape(-1).astype(int).tolist()


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([3.0, 1.0, 2.0, 1.0], [2.0, 3.0]),
        ([7.0, 7.0], [7.0]),
        ([np.nan, np.nan], [0.0]),
        ([], [0.0]),
        ([np.inf, -np.inf, 1.0, 2.0], [2.0]),
    ],
    ids=["few values", "one value", "all missing", "no rows", "infinite ones do not count"],
)
def test_few_values_have_a_level_each(values, edges):
    """Between few distinct values stands an edge each, at the upper one; there always is one edge at least."""
    assert bin_edges(np.asarray(values, dtype=float)).tolist() == edges


def test_many_values_have_quantiles():
    """Of many values as many rows fall into each bin."""
    values = np.random.default_rng(0).permutation(np.arange(1_200.0))
    edges = bin_edges(values)
    rows = np.bincount(np.searchsorted(edges, values, side="right"), minlength=BINS)
    assert len(edges) == BINS - 1
    assert set(rows.tolist()) == {1_200 // BINS}


def test_values_that_come_late_count_too():
    """A column that begins with few values, as a sorted file does, still has edges among all of them."""
    values = np.concatenate([np.zeros(50 * BINS), np.arange(1.0, 4.0)])
    assert bin_edges(values).tolist() == [1.0, 2.0, 3.0]


def test_a_number_that_is_missing_has_the_last_level(make_column, make_sample):
    """A gap is a level of its own, behind those of the values; a value never seen falls between its neighbours."""
    frame = pl.DataFrame({"x": [1.0, 2.0, np.nan, 3.0, 1.0]})
    found = levels_of(make_column("x"), make_sample(frame))
    assert found.level.tolist() == [0, 1, 3, 2, 0]
    assert found.size == 4
    assert placed(found, pl.DataFrame({"x": [-5.0, 1.5, 2.5, 99.0, np.nan]})) == [0, 0, 1, 2, 3]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # they make values and keep nothing
@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_scoring_finds_the_levels_of_training(make_column, make_sample, values):
    """Whatever the numbers are, the expression puts each fitted row where training put it, below `size`."""
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    found = levels_of(make_column("x"), make_sample(frame))
    assert placed(found, frame) == found.level.tolist()
    assert 0 <= found.level.min() <= found.level.max() < found.size


def test_rare_and_unseen_texts_share_the_last_level(make_column, make_sample):
    """A level that few rows have is not told from one that none has."""
    frame = pl.DataFrame({"c": ["b"] * (SEEN + 1) + ["ä"] * SEEN + ["rare"] * (SEEN - 1)})
    found = levels_of(make_column("c", "category"), make_sample(frame))
    assert found.size == 3
    assert placed(found, pl.DataFrame({"c": ["b", "ä", "rare", "never seen", ""]})) == [0, 1, 2, 2, 2]
    assert found.level.tolist() == [0] * (SEEN + 1) + [1] * SEEN + [2] * (SEEN - 1)


def test_a_combination_has_a_level_if_enough_rows_have_it(make_column, make_sample):
    """Frequent combinations are told apart; a rare one, and one of known parts that train never had, are the last."""
    parts = [("a", "x")] * SEEN + [("a", "y")] * SEEN + [("b", "x")] * SEEN + [("b", "y")] * (SEEN - 1)
    frame = pl.DataFrame(parts, schema=["c", "d"], orient="row")
    columns = [make_column("c", "category"), make_column("d", "category")]
    found = crossed(columns, make_sample(frame))
    assert found.size == 4
    assert len(set(found.level[: 3 * SEEN].tolist())) == 3
    assert set(found.level[3 * SEEN :].tolist()) == {3}
    assert placed(found, frame) == found.level.tolist()
    assert placed(found, pl.DataFrame({"c": ["b", "new"], "d": ["y", "x"]})) == [3, 3]


def test_three_columns_of_any_wire_are_crossed(make_column, make_sample):
    """Categories, numbers and gaps together: scoring finds the level of training, one column alone is not crossed."""
    draw = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "c": draw.choice(["a", "b", ""], 400),
            "x": draw.choice([1.0, 2.0, np.nan], 400),
            "z": draw.normal(size=400),
        }
    )
    columns = [make_column("c", "category"), make_column("x"), make_column("z")]
    found = crossed(columns, make_sample(frame))
    assert placed(found, frame) == found.level.tolist()
    counts = np.bincount(found.level, minlength=found.size)
    assert (counts[:-1] >= SEEN).all()
    careful = crossed([*columns[:2], replace(columns[2], min_level=7)], make_sample(frame))
    assert 1 < careful.size < found.size
    assert (np.bincount(careful.level, minlength=careful.size)[:-1] >= 7).all()
    alone = crossed(columns[:1], make_sample(frame))
    assert alone.level.tolist() == levels_of(columns[0], make_sample(frame)).level.tolist()
