"""Names of relational features read as people would say them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.features.relational.definition import Aggregation, Base, Condition, Direct, Expr, Hop, Same, Transform
from automl.features.relational.propose.wording import DAY, wording

HOP = Hop(table="events", on=(("k", "k"),))
PEOPLE = Hop(table="people", on=(("who", "id"), ("day", "day")))
X = Base(column="x")
MEAN = Aggregation(op="mean", path=(HOP,), of=X)


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        (X, "x"),
        (MEAN, "mean(events.x by k)"),
        (Aggregation(op="count", path=(HOP,)), "count(events by k)"),
        (
            Aggregation(op="sum", path=(HOP,), of=X, window=30 * DAY, where=Condition(column="c", value="red")),
            "sum(events.x by k, where c = red, last 30 days)",
        ),
        (Aggregation(op="count", path=(HOP,), window=DAY), "count(events by k, last 1 day)"),
        (Aggregation(op="count", path=(HOP,), window=DAY / 8), "count(events by k, last 3 hours)"),
        (Aggregation(op="count", path=(HOP,), window=2e6), "count(events by k, last 2 seconds)"),
        (Aggregation(op="count", path=(HOP,), window=1.5e6), "count(events by k, last 1.5 seconds)"),
        (Aggregation(op="count", path=(HOP, PEOPLE)), "count(events.people by k by who = id and day)"),
        (
            Aggregation(op="count", path=(replace(HOP, same=(Same(part="weekday", here="at", there="t"),)),)),
            "count(events by k and same weekday of at and t)",
        ),
        (
            Aggregation(op="count", path=(replace(HOP, same=(Same(part=None, here="c", there="c"),)),)),
            "count(events by k and same c)",
        ),
        (Direct(hop=PEOPLE, of=X), "people[who = id and day].x"),
        (Direct(hop=PEOPLE, of=MEAN), "people[who = id and day].mean(events.x by k)"),
        (Transform(op="divide", of=(X, MEAN)), "(x / mean(events.x by k))"),
        (Transform(op="since", of=(X,)), "since(x)"),
    ],
)
def test_what_is_computed_is_said(expr: Expr, words: str) -> None:
    """Which rows, of which table, by which key, and what of them."""
    assert wording(expr) == words
