"""What linear and neural members see of the matrix."""

import numpy as np
import pytest

from automl.learners import _dense
from automl.learners._dense import learn_design
from automl.learners.base import FeatureInfo, Matrix
from automl.ops.bulk import evaluate

CODE = FeatureInfo(name="city", kind="code", levels=4)
WIDE = FeatureInfo(name="street", kind="code", levels=41)


def design_of(*columns, bins=0):
    values = np.stack(columns, axis=1)
    features = tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(values.shape[1]))
    return learn_design(Matrix(values=values, features=features, y=np.zeros(len(values))), bins=bins)


def test_categories_with_many_levels_are_left_out():
    """Beyond 40 levels a category is not one-hot: its target statistics stand for it."""
    values = np.stack([np.arange(100.0) % 4, np.arange(100.0) % 41], axis=1)
    train = Matrix(values=values, features=(CODE, WIDE), y=np.zeros(100))
    assert learn_design(train).codes == (0,)


def test_numbers_are_squashed_to_within_three_spreads():
    """One absurd value cannot pull the score: 1e300 counts as hardly more than 1,000 spreads."""
    design = design_of(np.random.default_rng(0).normal(size=400))
    assert np.abs(design.numbers_of(np.full((1, 1), 1e300))) < 3.0


def test_extremes_of_train_do_not_overflow():
    """D14: a column that spans the range of float64 is scaled without an infinity, its stretches too."""
    column = np.tile([-1e308, -1.0, 0.0, 1.0, 1e308], 20)
    assert np.isfinite(design_of(column, bins=4).numbers_of(column[:, None])).all()


def test_stretches_rise_one_after_the_other():
    """A number passes its stretches in order: those below are 1, those above 0, its own a share in between."""
    design = design_of(np.arange(101.0), bins=4)
    stretches = design.numbers_of(np.asarray([[-5.0], [60.0], [500.0], [np.nan]]))[:, 1:]
    assert stretches == pytest.approx(
        np.asarray([[0, 0, 0, 0], [1, 1, 0.4, 0], [1, 1, 1, 1], [1, 1, 0, 0]], dtype=float)
    )


def test_a_number_that_is_mostly_zero_has_stretches_for_the_rest():
    """Where quantiles of the rows fall together, those of the distinct values divide the tail."""
    column = np.concatenate([np.zeros(980), np.linspace(1.0, 100.0, 20)])
    assert len(design_of(column, bins=8).bins) >= 4


def test_a_number_of_two_values_needs_no_stretches():
    """A flag is scaled, that is all."""
    assert design_of(np.arange(100.0) % 2, bins=8).bins == ()


def test_the_operations_are_what_was_learned_from():
    """`expression` gives what `numbers_of` gives, for missing and extreme values too."""
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=300), rng.exponential(size=300)
    second[::7] = np.nan
    design = design_of(first, second, bins=8)
    values = rng.choice([np.nan, -1e300, -1.0, 0.0, 0.3, 2.0, 1e300], size=(200, 2))
    got = evaluate({"x": design.expression()}, {}, features=values)["x"]
    assert np.allclose(got, design.numbers_of(values), rtol=1e-13)


def test_many_columns_are_scaled_as_each_is_alone(monkeypatch):
    """Median and spread of a column do not hang on which others are looked at with it, nor on gaps in them."""
    draw = np.random.default_rng(0)
    table = draw.normal(size=(60, 9)) * 10.0 ** np.arange(9)
    table[draw.random((60, 9)) < np.asarray([0, 0, 0.3, 0, 1, 0, 0.1, 0, 0])] = np.nan
    monkeypatch.setattr(_dense, "BLOCK", 60 * 4)
    together = design_of(*table.T)
    alone = [design_of(column) for column in table.T]
    assert together.numbers == (0, 1, 2, 3, 5, 6, 7, 8)
    assert together.median.tolist() == [value for design in alone for value in design.median]
    assert together.spread.tolist() == [value for design in alone for value in design.spread]


def test_a_table_without_rows_has_nothing_to_scale():
    """No row, no number: an empty design and no error."""
    assert design_of(np.empty(0), np.empty(0)).numbers == ()
