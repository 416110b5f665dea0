"""Money before any model is counted by hand on a small table."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from automl.explore.profile import Profile


def costs_of(profile: Profile) -> dict[str, float]:
    """The cost of each policy by its kind and name."""
    return {f"{one.kind}: {one.name}": one.cost for one in profile.money.policies}


def test_policies_cost_what_they_say(profile: Profile) -> None:
    """Always passing costs 50 for each positive of test, always acting 10 for each other one, per 1,000 rows."""
    found = costs_of(profile)
    share = found["constant: always 'no'"] / 50_000
    assert found["constant: always 'yes'"] == pytest.approx(10_000 * (1 - share))
    assert profile.money.rows == profile.test_rows


def test_todays_rule_and_a_capacity(table: pl.DataFrame, make_profile: Callable[..., Profile]) -> None:
    """Today's rule stands among them. Under a capacity nobody acts on more rows, a perfect model neither."""
    costs = {"false_positive": 10, "false_negative": 50}
    today = make_profile(table, "bad", objective={"positive": "yes", "costs": costs, "today": {"act": "x > 5"}})
    found = costs_of(today)
    assert found["today: today's rule"] == pytest.approx(found["constant: always 'no'"])
    limited = make_profile(table, "bad", objective={"positive": "yes", "costs": costs, "capacity": {"act": "5%"}})
    kinds = [one.kind for one in limited.money.policies]
    perfect = limited.money.policies[kinds.index("perfect")]
    never = costs_of(limited)["constant: always 'no'"]
    assert "one column" not in kinds
    assert never - perfect.cost == pytest.approx(50 * 1000 * int(0.05 * limited.test_rows) / limited.test_rows)


def test_numbers_have_one_number_for_all(table: pl.DataFrame, make_profile: Callable[..., Profile]) -> None:
    """The best number for all rows, and a perfect model that costs nothing."""
    frame = table.with_columns(bad=10 * pl.col("x"))
    found = make_profile(frame, "bad", objective={"task": "regression", "costs": {"under": 3, "over": 1}}).money
    assert [one.kind for one in found.policies] == ["constant", "perfect"]
    assert found.policies[1].cost == 0.0 < found.policies[0].cost == found.most
