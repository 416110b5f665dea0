"""Shapley values are those of the definition: exactly by all coalitions, by permutations within the stated error."""

from __future__ import annotations

from itertools import product
from math import factorial

import numpy as np
import pytest
from scipy import stats

from automl.explain.shapley import FEWEST, LEAST, MOST_PAIRS, Shares, _orders, _played, shapley


def by_definition(worth, players: int) -> np.ndarray:
    """All 2^d coalitions, weighted as in Shapley (1953): [players, width]."""
    coalitions = np.array(list(product([False, True], repeat=players)))
    worths = dict(zip(map(tuple, coalitions), worth(coalitions), strict=True))
    values = np.zeros((players, len(worths[tuple(coalitions[0])])))
    for coalition, before in worths.items():
        size = sum(coalition)
        weight = factorial(size) * factorial(players - size - 1) / factorial(players) if size < players else 0.0
        for player in np.flatnonzero(~np.array(coalition)):
            after = worths[(*coalition[:player], True, *coalition[player + 1 :])]
            values[player] += weight * (after - before)
    return values


def game(players: int, seed: int):
    """A worth with interactions of every order, and one that adds up."""
    draw = np.random.default_rng(seed)
    table = draw.normal(size=2**players)
    plain = draw.normal(size=players)
    places = 2 ** np.arange(players)
    return lambda coalitions: np.column_stack((table[coalitions @ places], coalitions @ plain))


def triples(players: int, seed: int):
    """A worth of which players get something only together with two others, and one that saturates."""
    draw = np.random.default_rng(seed)
    met = [(draw.choice(players, 3, replace=False), draw.normal()) for _ in range(6)]

    def worth(coalitions):
        total = sum(gain * coalitions[:, three].all(axis=1) for three, gain in met)
        return np.column_stack((total, 1 / (1 + np.exp(1 - 3 * total))))

    return worth


def played(worth, players: int, *, share: float = 0.05, seconds: float = 60.0, seed: int = 1):
    """The values by permutations."""
    ends = tuple(worth(np.array([[flag] * players]))[0] for flag in (False, True))
    return shapley(worth, ends, players, allowed=np.full(2, share), seconds=seconds, seed=seed)


def within(found: Shares, worth, players: int) -> list[bool]:
    """Whether each value lies within t(.995) standard errors of the definition, or of rounding."""
    reach = (stats.t.ppf(0.995, found.pairs - 1) if found.pairs else 0.0) * found.errors + 1e-9
    return (np.abs(found.values - by_definition(worth, players)) <= reach).ravel().tolist()


def test_values_are_those_of_the_definition():
    """At least 99 % of 1,440 values lie within t(.995) standard errors of the enumeration of all coalitions."""
    seen, pairs = [], set()
    for players, seed in product([7, 8, 10, 11], range(20)):
        worth = game(players, seed)
        found = played(worth, players, share=0.25, seed=seed)
        seen += within(found, worth, players)
        pairs.add(found.pairs > 0)
    assert np.mean(seen) >= 0.99
    assert pairs == {False, True}


@pytest.mark.parametrize("players", range(2, 10))
def test_all_coalitions_are_played_where_they_are_no_more_than_those_of_the_pairs(players):
    """Then the values are exact, and nothing that was asked for is asked for twice at once."""
    asked = []

    def worth(coalitions):
        asked.append(len(coalitions))
        return game(players, 5)(coalitions)

    found = played(worth, players, share=1e-9, seed=5)
    assert found.pairs == 0
    assert not found.errors.any()
    assert np.abs(found.values - by_definition(game(players, 5), players)).max() < 1e-12
    assert asked[-1] == 2**players - 2


def test_the_errors_of_few_pairs_are_not_too_small():
    """Where columns count only with two others, what an order gives is far from normal; so it is after 8 pairs."""
    seen = []
    for seed in range(60):
        found = played(triples(8, seed), 8, share=1e9, seed=seed)
        seen += within(found, triples(8, seed), 8)
        assert found.pairs == FEWEST
    assert np.mean(seen) >= 0.99


def test_values_add_up_in_every_mean_of_permutations():
    """They are the difference between everybody and nobody, however few permutations were played."""
    worth = game(7, 3)
    found = played(worth, 7, share=1e9)
    ends = [worth(np.array([[flag] * 7]))[0] for flag in (False, True)]
    assert found.pairs == FEWEST
    assert np.abs(found.values.sum(axis=0) - (ends[1] - ends[0])).max() < 1e-9


def test_what_adds_up_has_no_error():
    """Where columns do not interact, each pair gives the same, and the error says so."""
    assert played(game(7, 1), 7, share=1e9).errors[:, 1].max() < 1e-12


def test_the_error_that_was_asked_for_is_reached():
    """With time, permutations are played until every standard error is small enough; never more than the most."""
    found = played(game(10, 2), 10, share=0.3)
    assert FEWEST < found.pairs < MOST_PAIRS
    assert found.errors.max() <= 0.3
    assert played(game(15, 2), 15, share=1e-9).pairs == MOST_PAIRS


def test_time_ends_it():
    """Without time as few permutations are played as have an error, and it is told."""
    found = played(game(6, 2), 6, share=1e-9, seconds=0.0)
    assert found.pairs == LEAST
    assert found.errors.max() > 1e-9


def test_one_player_gets_everything():
    """One column, or none, needs no permutation."""
    worth = game(1, 1)
    assert np.allclose(played(worth, 1).values, by_definition(worth, 1))
    assert shapley(worth, (np.zeros(2), np.zeros(2)), 0, allowed=np.ones(2), seconds=1, seed=1).values.shape == (0, 2)


def test_thousands_of_players_are_no_number_too_large():
    """The coalitions of 3,000 columns are more than a float can count."""
    found = played(lambda coalitions: np.column_stack([coalitions.mean(axis=1)] * 2), 3_000, seconds=0.0)
    assert np.allclose(found.values, 1 / 3_000)


def test_no_coalition_is_played_twice_at_once():
    """Permutations share coalitions: each is asked for once in a step."""
    asked = []

    def worth(coalitions):
        asked.append(coalitions)
        return game(7, 1)(coalitions)

    played(worth, 7, share=1e9)
    step = asked[-1]
    assert len(np.unique(step, axis=0)) == len(step) <= 2**7 - 2


def test_four_orders_have_every_player_early_late_and_between():
    """Each second order begins in the middle of the one before it: with their reverses the mean place is the middle."""
    found = _orders(8, range(40), 3)
    places = np.argsort(found, axis=1)
    assert ((places[1::2] - places[::2]) % 8 == 4).all()


def test_orders_of_fours_leave_smaller_errors_than_drawn_ones():
    """Over 60 games of triples, at as many pairs, squared errors are a tenth smaller at least than of drawn orders."""
    squares = {"fours": 0.0, "drawn": 0.0}
    for seed in range(60):
        worth = triples(9, seed)
        ends = tuple(worth(np.full((1, 9), flag))[0] for flag in (False, True))
        exact = by_definition(worth, 9)
        orders = {"fours": _orders(9, range(8), seed), "drawn": _orders(9, range(0, 16, 1), seed)[::2]}
        for name, each in orders.items():
            squares[name] += float(((_played(worth, ends, each).mean(axis=0) - exact) ** 2).mean())
    assert squares["fours"] < 0.9 * squares["drawn"]


def test_orders_are_drawn_alike_wherever_they_are_drawn():
    """Every player is as often at every place, seeds differ, and an order does not hang on those drawn with it."""
    found = _orders(5, range(4_000), 3)
    assert (np.sort(found, axis=1) == np.arange(5)).all()
    counts = np.array([np.bincount(found[:, place], minlength=5) for place in range(5)])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-3
    assert np.array_equal(_orders(5, range(7, 9), 3), found[7:9])
    assert not np.array_equal(_orders(5, range(50), 4), found[:50])
