"""The ensemble is better than its best member where it can be, and small."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from automl.metrics.base import REGRESSION, get, loss, metrics, score
from automl.search.ensemble.greedy_selection import select

Floats = NDArray[np.float64]


def noisy(y: Floats, count: int, spread: float, seed: int = 0) -> list[Floats]:
    draw = np.random.default_rng(seed)
    return [(y + draw.normal(scale=spread, size=y.size))[:, None] for _ in range(count)]


@pytest.fixture
def y() -> Floats:
    return np.random.default_rng(9).normal(size=3000)


def test_independent_errors_cancel(y: Floats) -> None:
    """Four equally good members with independent errors share the weight, and beat the best of them."""
    members = noisy(y, 4, 1.0)
    weights = select(members, y, None, get("rmse"), members=4, seed=0)
    assert set(weights) == {0, 1, 2, 3}
    assert sum(weights.values()) == pytest.approx(1.0)
    mixed = sum(weight * members[place] for place, weight in weights.items())
    best = min(score(get("rmse"), y, member) for member in members)
    assert score(get("rmse"), y, np.asarray(mixed)) < 0.6 * best


def test_never_more_members_than_allowed(y: Floats) -> None:
    """The cap on distinct members holds, with many good ones to choose from."""
    assert len(select(noisy(y, 30, 1.0), y, None, get("rmse"), members=3, seed=0)) == 3


def test_a_perfect_member_stays_alone(y: Floats) -> None:
    """Nothing is added to a member that cannot be improved."""
    members = [*noisy(y, 3, 1.0), y[:, None]]
    assert select(members, y, None, get("rmse"), members=4, seed=0) == {3: 1.0}


def test_ties_go_to_members_already_in(y: Floats) -> None:
    """A copy of a member never enters beside it."""
    one, two = noisy(y, 2, 1.0)
    weights = select([one, two, one.copy(), two.copy()], y, None, get("rmse"), members=4, seed=0)
    assert set(weights) <= {0, 1}


def test_a_price_keeps_what_is_dear_out(y: Floats) -> None:
    """A member enters only if it gains more than it costs to serve beside those already in."""
    members = noisy(y, 4, 1.0)
    cheap = select(members, y, None, get("rmse"), members=4, seed=0, price=lambda inside: 1e-3 * len(inside))
    dear = select(members, y, None, get("rmse"), members=4, seed=0, price=lambda inside: 10.0 * len(inside))
    assert len(cheap) == 4
    assert len(dear) == 1


def test_what_may_not_ship_together_does_not(y: Floats) -> None:
    """An infinite price is a limit: of members, alone or together; where nobody keeps it, nobody is chosen."""
    members = noisy(y, 4, 1.0)

    def at_most_two(inside: frozenset[int]) -> float:
        return float("inf") if len(inside) > 2 or 0 in inside else 0.0

    chosen = select(members, y, None, get("rmse"), members=4, seed=0, price=at_most_two)
    assert len(chosen) == 2
    assert 0 not in chosen
    assert select(members, y, None, get("rmse"), members=4, seed=0, price=lambda _: float("inf")) == {}


@pytest.mark.parametrize("classes", [2, 4])
def test_log_loss_agrees_with_the_metric(classes: int) -> None:
    """The fast path of log loss chooses as the metric itself would."""
    draw = np.random.default_rng(2)
    y = draw.integers(0, classes, 500).astype(float)
    members = []
    for _ in range(5):
        scores = draw.normal(size=(500, classes)) + 1.5 * (y[:, None] == np.arange(classes))
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        members.append(shares[:, 1:] if classes == 2 else shares)
    loss = get("log_loss")
    weights = select(members, y, None, loss, members=5, seed=0)
    mixed = score(loss, y, np.asarray(sum(w * members[place] for place, w in weights.items())))
    assert mixed < min(score(loss, y, member) for member in members)
    first = min(range(5), key=lambda place: score(loss, y, members[place]))
    assert max(weights, key=lambda place: weights[place]) == first or weights[first] > 0


def test_any_other_loss(y: Floats) -> None:
    """A loss without a fast path is minimised all the same, and weights of rows count."""
    members = noisy(y, 2, 1.0)
    members[0][:1500] += 5.0
    members[1][1500:] += 5.0
    heavy = np.where(np.arange(y.size) < 1500, 1e6, 1.0)
    assert select(members, y, heavy, get("mae"), members=2, seed=0)[1] > 0.9
    assert select(members, y, heavy[::-1].copy(), get("mae"), members=2, seed=0)[0] > 0.9


def _chosen(truth: Floats, guesses: list[Floats], weight: Floats, loss: str) -> dict[int, float]:
    """The members among [n] guesses; each further one has to give a fiftieth of what the best gives."""
    metric, members = get(loss), [guess[:, None] for guess in guesses]
    losses = [score(metric, truth, member, weight) for member in members]
    thrift = 0.02 * (max(losses) - min(losses))
    return select(members, truth, weight, metric, members=4, seed=0, price=lambda some: thrift * len(some))


def _predictions(seed: int, skill: list[float]) -> tuple[Floats, list[Floats], Floats]:
    """A positive target [n], predictions of it that err in their own ways, the mean among them, and weights."""
    draw = np.random.default_rng(seed)
    truth = draw.gamma(3.0, 40.0, size=400) + 10.0
    guesses = [truth * np.exp(draw.normal(scale=spread, size=truth.size)) for spread in skill]
    return truth, [*guesses, np.full_like(truth, truth.mean())], draw.uniform(0.5, 2.0, truth.size)


SKILLS = st.lists(st.floats(0.05, 0.6), min_size=1, max_size=6)
OWN_UNIT = {"rmsle"}  # the logarithm of y + 1 has chosen a unit
OF_NUMBERS = sorted({loss(metric, "regression").name for metric in metrics.all.values() if metric.kinds >= REGRESSION})


@pytest.mark.parametrize("name", sorted({*OF_NUMBERS, "mape"} - OWN_UNIT))
@given(seed=st.integers(0, 2**32), skill=SKILLS, factor=st.floats(-30, 30).map(lambda power: 2.0**power))
@example(seed=4, skill=[0.2, 0.25, 0.3], factor=2.0**30)
@example(seed=4, skill=[0.2, 0.25, 0.3], factor=2.0**-30)
@settings(max_examples=25)
def test_the_choice_does_not_hang_on_the_unit_of_the_target(
    name: str, seed: int, skill: list[float], factor: float
) -> None:
    """Whatever the unit, the same members ship with the same weights; prices are a share of the gain."""
    truth, guesses, weight = _predictions(seed, skill)
    here = _chosen(truth, guesses, weight, name)
    assert _chosen(truth * factor, [guess * factor for guess in guesses], weight, name) == here


@pytest.mark.parametrize("name", ["rmse", "mae"])
@given(seed=st.integers(0, 2**32), skill=SKILLS, shift=st.floats(-1e4, 1e4))
@settings(max_examples=25)
def test_the_choice_does_not_hang_on_where_zero_is(name: str, seed: int, skill: list[float], shift: float) -> None:
    """A shift of the target by thousands of its spreads changes no member, no weight, and no prediction."""
    truth, guesses, weight = _predictions(seed, skill)
    moved = [guess + shift * truth.std() for guess in guesses]
    here, there = _chosen(truth, guesses, weight, name), _chosen(truth + shift * truth.std(), moved, weight, name)
    assert there == here
    one, other = (sum(w * of[c] for c, w in here.items()) for of in (guesses, moved))
    assert np.abs(other - shift * truth.std() - one).max() < 1e-6 * truth.std()
