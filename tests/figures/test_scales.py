"""Axes: places keep the order of their numbers, and ticks are round and few."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.figures.scales import Linear, Log, decades, number, round_ticks

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(NUMBERS, NUMBERS)
def test_ticks_are_few_and_inside(one: float, other: float) -> None:
    """Whatever the ends, at most seven ticks, none beyond them, in order."""
    low, high = sorted((one, other))
    ticks = round_ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high))
    assert len(ticks) <= 7
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    assert all(before < after for before, after in pairwise(ticks))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.2, 17.0), (1e-9, 3e-9), (1e12, 9e12)])
def test_ticks_are_multiples_of_a_round_step(low: float, high: float) -> None:
    """The step is 1, 2 or 5 times a power of ten, and there are at least two ticks."""
    ticks = round_ticks(low, high)
    step = ticks[1] - ticks[0]
    lead = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    assert round(lead, 6) in {1.0, 2.0, 5.0}
    assert all(after - before == pytest.approx(step) for before, after in pairwise(ticks))


@given(NUMBERS, NUMBERS, NUMBERS)
def test_places_stay_on_the_axis(one: float, other: float, value: float) -> None:
    """No number, however large, is drawn beyond the ends."""
    low, high = sorted((one, other))
    assert 10.0 <= Linear(low=low, high=high, start=10.0, end=90.0)(value) <= 90.0


def test_a_decade_is_as_wide_as_any_other() -> None:
    """On a logarithmic axis; many decades name the powers of ten alone."""
    x = Log(low=0.1, high=1000.0, start=0.0, end=400.0)
    assert [x(value) for value in (0.1, 1.0, 10.0, 100.0)] == pytest.approx([0.0, 100.0, 200.0, 300.0])
    assert [text for _, text in x.ticks() if text] == ["0.1", "1", "10", "100", "1000"]
    assert decades(0.3, 40.0) == pytest.approx((0.1, 100.0))


@pytest.mark.parametrize(
    ("value", "told"),
    [(math.nan, "–"), (math.inf, "–"), (999.4, "999.4"), (9999.4, "9999"), (1e15, "1e+15"), (-25_000.0, "-25k")],  # noqa: RUF001  # the dash of none
)
def test_numbers_are_short(value: float, told: str) -> None:
    """At most four digits that count, thousands by their letter, a dash for what is none."""
    assert number(value) == told
