"""The statistics are those of the field: known cases, by hand and from the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from automl.bench import compare
from automl.bench.compare import Draws

DEMSAR = np.array(  # JMLR 7 (2006), table 6: ranks of C4.5, with m, with cf, with both, on 14 data sets
    [
        *[[4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1], [1, 2.5, 4, 2.5], [3, 2, 4, 1]],
        *[[2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5] * 4, [4, 2.5, 1, 2.5], [3, 2, 4, 1], [4, 1, 2, 3], [3, 1, 4, 2]],
    ]
)


def draws(tasks: int, seeds: int = 1) -> Draws:
    return Draws.of(tasks, seeds, seed=1, resamples=500)


def test_ties_share_the_mean_of_their_places() -> None:
    """0.9, 0.8, 0.8, 0.7 are the places 1, 2.5, 2.5, 4."""
    assert compare.ranks(np.array([[0.9, 0.8, 0.8, 0.7]])).tolist() == [[1.0, 2.5, 2.5, 4.0]]


def test_mean_ranks_of_demsar() -> None:
    """The paper's mean ranks: 3.143, 2.000, 2.893, 1.964."""
    assert compare.ranks(-DEMSAR).mean(axis=0).round(3).tolist() == [3.143, 2.0, 2.893, 1.964]


def test_friedman_of_demsar() -> None:
    """The paper's chi-square is 9.28 without the correction for ties; its 78 of 840 tied triples make it 10.23."""
    found = compare.omnibus(-DEMSAR)
    assert found is not None
    plain = 12 * 14 / (4 * 5) * (np.square(DEMSAR.mean(axis=0)).sum() - 4 * 5**2 / 4)
    assert plain == pytest.approx(9.28, abs=0.005)
    assert found.chi_square == pytest.approx(plain / (1 - 78 / 840))
    assert found.f == pytest.approx(13 * found.chi_square / (14 * 3 - found.chi_square))
    assert found.p == pytest.approx(0.0167, abs=5e-4)


def test_without_any_difference_there_is_no_test() -> None:
    """Equal scores everywhere, two entrants, one task: Friedman's test says nothing, and is not asked."""
    assert compare.omnibus(np.ones((5, 3))) is None
    assert compare.omnibus(np.eye(2)) is None
    assert compare.omnibus(np.array([[3.0, 2.0, 1.0]])) is None


@pytest.mark.parametrize(("entrants", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_critical_values_of_nemenyi(entrants: int, q: float) -> None:
    """The paper's table 5(a), alpha = 0.05."""
    scale = math.sqrt(entrants * (entrants + 1) / (6 * 20))
    assert compare.critical_difference(entrants, 20) / scale == pytest.approx(q, abs=1e-3)  # which it cuts


def test_normalised_scores_by_hand() -> None:
    """From the constant predictor (0) to the best (1); worse than the constant is 0; without any gain all are 0."""
    found = compare.normalised(np.array([[0.9, 0.7, 0.4], [0.3, 0.2, 0.5]]), np.array([0.5, 0.5]))
    assert found == pytest.approx(np.array([[1.0, 0.5, 0.0], [0.0, 0.0, 0.0]]))


def test_a_strength_by_hand() -> None:
    """Three games won of four are odds of three to one: 400 log10(3) = 190.8 points apart."""
    won = np.array([[[0.0, 3.0], [1.0, 0.0]]])
    elo = compare.bradley_terry(won)[0]
    assert elo[0] - elo[1] == pytest.approx(400 * math.log10(3))
    assert elo.mean() == pytest.approx(1000.0)


def test_strengths_of_three_solve_the_likelihood() -> None:
    """At the maximum each entrant has as many wins as its strength makes expected."""
    won = np.array([[[0.0, 4.0, 5.0], [2.0, 0.0, 3.0], [1.0, 3.0, 0.0]]])
    p = 10 ** (compare.bradley_terry(won)[0] / 400)
    games = won[0] + won[0].T
    expected = (games * p[:, None] / (p[:, None] + p[None, :])).sum(axis=1)
    assert expected == pytest.approx(won[0].sum(axis=1), abs=1e-6)


def test_who_wins_always_has_a_finite_strength() -> None:
    """One virtual tie for each pair: eight wins of eight are 8.5 to 0.5."""
    gains = np.tile([[[1.0], [0.0]]], (8, 1, 1))
    strong, weak = compare.strengths(gains, draws(8))
    assert strong.elo - weak.elo == pytest.approx(400 * math.log10(8.5 / 0.5))
    assert strong.low == strong.high == strong.elo  # nothing varies between tasks


def test_a_copy_is_a_tie() -> None:
    """An entrant and its copy are tied on every task, in every draw, and as strong."""
    gains = np.random.default_rng(0).normal(size=(4, 3, 2))
    gains[:, 1] = gains[:, 0]
    pair = next(iter(compare.pairs(gains, draws(4, 2))))
    assert (pair.wins, pair.ties, pair.losses, pair.verdict) == (0, 4, 0, "tie")
    assert (pair.share, pair.low, pair.high) == (0.5, 0.5, 0.5)
    one, copy, _ = compare.strengths(gains, draws(4, 2))
    assert one == copy


@pytest.mark.parametrize(("tasks", "verdict"), [(5, "open"), (6, "win")])
def test_five_tasks_decide_nothing(tasks: int, verdict: str) -> None:
    """With five wins of five the sign test has p = 0.0625; with six of six 0.03125."""
    found = list(compare.pairs(np.tile([[[1.0], [0.0]]], (tasks, 1, 1)), draws(tasks)))
    assert found[0].verdict == verdict
    assert found[1].verdict == verdict.replace("win", "loss")


def test_an_interval_of_the_bootstrap_by_hand() -> None:
    """Half of the tasks won: the share drawn is binomial, n = 100, and its middle 95 % are 0.40 to 0.60."""
    gains = np.zeros((100, 2, 1))
    gains[::2, 0] = 1.0
    gains[1::2, 1] = 1.0
    pair = next(iter(compare.pairs(gains, Draws.of(100, 1, seed=3, resamples=4000))))
    assert (pair.low, pair.high) == (pytest.approx(0.40, abs=0.011), pytest.approx(0.60, abs=0.011))
    assert pair.verdict == "tie"


def test_who_plays_alone_stands_at_the_mean() -> None:
    """One entrant, as a first try of a suite has: no games, no warning, and nothing to be sure of."""
    (alone,) = compare.strengths(np.ones((3, 1, 2)), draws(3, 2))
    assert (alone.elo, alone.low, alone.high) == (1000.0, 1000.0, 1000.0)


def test_seeds_are_drawn_within_their_task() -> None:
    """Where the seeds disagree, a task is won in some draws only; the same seeds are drawn for both."""
    gains = np.zeros((1, 2, 2))
    gains[0, 0] = [3.0, -1.0]  # the mean is won; the draw of the second seed alone (a quarter) is lost
    found = draws(1, 2).means(gains)
    lost = (found[:, 0, 0] < found[:, 0, 1]).mean()
    assert lost == pytest.approx(0.25, abs=0.06)


def test_the_front_leaves_out_what_was_not_measured() -> None:
    """An entrant without a latency is not on the front of rank and latency; equal ones both are."""
    assert compare.front([1.0, 2.0, 2.0, 3.0], [None, 5.0, 5.0, 6.0]) == [False, True, True, False]


def test_cliques_are_the_largest_groups() -> None:
    """A bar within another bar is not drawn; who is told apart from all has none."""
    assert compare.cliques([1.0, 1.8, 2.6, 6.0], 1.0) == [(0, 1), (1, 2)]
    assert compare.cliques([1.0, 1.2, 1.4], 1.0) == [(0, 1, 2)]
