"""Empirical Bayes: the levels themselves say how far the mean of a few rows is believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.features.shrinkage import LEAST, USUAL, shrunk_means, strength


def layout(levels, each, *, between, seed=0, noise=None):
    """`each` rows of each level, whose means vary by `between` where the rows of one vary by 1."""
    rng = np.random.default_rng(seed)
    level = np.repeat(np.arange(levels), each)
    drawn = rng.normal(size=level.size) if noise is None else noise(rng, level.size)
    means = rng.normal(size=levels) * between**0.5
    return level, means, means[level] + drawn


def shrunk(level, levels, values, weight):
    """The means, and that of all."""
    found = shrunk_means(level, levels, values, weight)
    return found.means, found.prior


def believed(level, values):
    return strength(level, level.max() + 1, values, np.ones(len(values)))


@pytest.mark.parametrize("between", [0.02, 0.1, 0.5, 2.0])
def test_the_strength_is_the_ratio_of_the_variances(between):
    """Many levels: the rows' worth of belief is the variance within levels over that between them."""
    level, _, values = layout(3000, 10, between=between)
    assert believed(level, values) == pytest.approx(1 / between, rel=0.15)


def test_the_strength_of_shares_is_that_of_the_beta_binomial():
    """Shares drawn from a beta distribution of a + b = 8 are believed as against eight rows."""
    rng = np.random.default_rng(0)
    level = rng.choice(4000, 40_000, p=(size := rng.exponential(size=4000)) / size.sum())
    values = (rng.random(level.size) < rng.beta(2, 6, 4000)[level]).astype(float)
    assert strength(level, 4000, values, np.ones(level.size)) == pytest.approx(8, rel=0.15)


def test_two_levels_are_believed_by_hand():
    """What two levels show counts as much as the usual belief: half of a correlation of 1 or 0, and half of 1/11."""
    level = np.array([0, 0, 1, 1])
    assert believed(level, np.array([1.0, 0.0, 1.0, 0.0])) == pytest.approx(2 * (USUAL + 1) - 1)
    assert believed(level, np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(1 / (0.5 + 0.5 / 11) - 1)


@pytest.mark.parametrize("seed", range(3))
def test_a_category_of_pure_noise_has_the_mean_of_all(seed):
    """Where levels say nothing, each keeps less than a tenth of its distance from the mean of all."""
    level, _, values = layout(500, 8, between=0.0, seed=seed)
    means, prior = shrunk(level, 500, values, np.ones(4000))
    raw = values.reshape(500, 8).mean(axis=1)
    assert np.abs(means - prior).mean() < 0.1 * np.abs(raw - prior).mean()


def test_shrunk_means_are_nearer_the_truth():
    """Of ten rows a level, shrunk means beat raw ones and those of a fixed belief, whatever the levels differ by."""
    for between in (0.01, 1.0):
        level, truth, values = layout(1000, 10, between=between)
        means, prior = shrunk(level, 1000, values, np.ones(10_000))
        raw = values.reshape(1000, 10).mean(axis=1)
        fixed = (10 * raw + USUAL * prior) / (10 + USUAL)
        assert ((means - truth) ** 2).mean() < 0.9 * min(((other - truth) ** 2).mean() for other in (raw, fixed))


def test_a_large_level_keeps_its_mean():
    """A thousand rows tell what they are: the mean moves by less than two in a hundred of its distance."""
    level, _, values = layout(60, 3, between=0.5)
    level, values = np.append(level, np.full(1000, 60)), np.append(values, np.linspace(4, 6, 1000))
    means, prior = shrunk(level, 61, values, np.ones(level.size))
    assert abs(means[60] - 5) < 0.02 * abs(prior - 5)


def test_one_row_tells_nothing_of_its_level():
    """The target of a single row may be a person's: its level has the mean of all, as one without rows does."""
    level = np.array([0] * 10 + [1] * 10 + [2] * LEAST + [3] * (LEAST - 1))
    values = np.array([0.0, 1.0] * 5 + [10.0, 11.0] * 5 + [20.0] * LEAST + [99.0] * (LEAST - 1))
    means, prior = shrunk(level, 5, values, np.ones(level.size))
    assert means[3] == means[4] == prior
    assert means[2] > prior + 5


def test_a_level_says_of_how_many_rows_it_is():
    """Its mean is that of so many rows, of weight, and of as much belief in the mean of all; one row alone is none."""
    level, weight = np.array([0] * 4 + [1] * 3 + [2]), np.array([1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0])
    values = np.arange(8.0)
    found = shrunk_means(level, 4, values, weight)
    assert found.rows.tolist() == [5.0, 5.0, 0.0, 0.0]
    sums = np.bincount(level, weight * values, 4) * (found.rows > 0)
    assert found.means == pytest.approx((sums + found.belief * found.prior) / (found.rows + found.belief))


def test_a_row_without_weight_does_not_count():
    """A level of one row beside a row of weight 0 is a level of one row."""
    level, values = np.array([0, 0, 0, 1, 1]), np.array([0.0, 1.0, 2.0, 50.0, 60.0])
    means, prior = shrunk(level, 2, values, np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    alone, same = shrunk(level[:4], 2, values[:4], np.ones(4))
    assert means.tolist() == pytest.approx(alone.tolist())
    assert means[1] == prior == same


def test_a_weight_counts_rows():
    """The mean of a level is weighted, and a level of greater weight is shrunk less."""
    level, _, values = layout(200, 4, between=0.3)
    weight = np.where(level < 100, 3.0, 1.0) * np.tile([1.0, 2.0, 1.0, 2.0], 200)
    means, prior = shrunk(level, 200, values, weight)
    raw = np.bincount(level, weight * values) / np.bincount(level, weight)
    kept = (means - prior) / (raw - prior)
    assert kept[:100] == pytest.approx(kept[0])
    assert kept[100:] == pytest.approx(kept[100])
    assert kept[0] > kept[100] + 0.1


def test_a_heavy_tail_does_not_decide_what_is_believed():
    """With a thousandth of the rows a thousand times as far off, the belief stays within a factor of two."""
    level, _, values = layout(400, 10, between=0.25)
    usual = believed(level, values)
    values[[5, 1005, 2005, 3995]] *= 1000
    assert usual / 2 < believed(level, values) < usual * 2


def test_odd_targets_have_an_answer():
    """No row, no weight, one row, a constant, one level, numbers near the ends of the range: finite, and no warning."""
    nothing = np.array([], dtype=np.int64)
    assert shrunk(nothing, 2, np.array([]), np.array([]))[0].tolist() == [0, 0]
    assert shrunk(np.zeros(2, np.int64), 1, np.ones(2), np.zeros(2))[1] == 0
    assert shrunk(np.zeros(1, np.int64), 1, np.ones(1), np.ones(1))[0].tolist() == [1]
    assert shrunk(np.array([0, 0, 1]), 2, np.full(3, 7.0), np.ones(3))[0].tolist() == [7, 7]
    assert shrunk(np.zeros(4, np.int64), 1, np.arange(4.0), np.ones(4))[0].tolist() == [1.5]
    for scale in (1e-99, 1e99):
        means, _ = shrunk(np.array([0, 0, 1, 1]), 2, scale * np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4))
        assert np.isfinite(means).all()
        assert means[0] < means[1]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(-50, 50), st.integers(1, 9)), min_size=2, max_size=60),
    scale=st.sampled_from([-3.0, 0.01, 1.0, 1e6]),
    shift=st.sampled_from([-1e4, 0.0, 7.0]),
)
def test_other_units_of_the_target_or_the_weight_change_nothing_else(rows, scale, shift):
    """Shifted and scaled targets have shifted and scaled means between the mean of all and the level's own."""
    level, values, weight = (np.array(column) for column in zip(*rows, strict=True))
    means, prior = shrunk(level, 6, values * 1.0, weight * 1.0)
    other, of_other = shrunk(level, 6, scale * values + shift, weight * 1.0)
    assert other == pytest.approx(scale * means + shift, rel=1e-6, abs=1e-6 * abs(scale))
    assert of_other == pytest.approx(scale * prior + shift)
    for code in range(6):
        own = level == code
        raw = np.average(values[own], weights=weight[own]) if own.sum() >= LEAST else prior
        assert min(raw, prior) - 1e-9 <= means[code] <= max(raw, prior) + 1e-9
