"""Limits are read in people's units, and a limit that is none is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from automl.errors import SpecError
from automl.gates.measure import check
from automl.spec import parse
from automl.spec.limits import Fairness, Limits

TARGET = {"objective": {"target": "y"}}


def test_units() -> None:
    """Times are seconds, sizes bytes, throughput rows a second."""
    limits = Limits.model_validate(
        {"latency_p99": "2ms", "cold_start": "1s", "memory": "200MB", "size": "1MiB", "throughput": "100000 rows/s"}
    )
    assert (limits.latency_p99, limits.cold_start) == (0.002, 1.0)
    assert (limits.memory, limits.size, limits.throughput) == (200_000_000, 2**20, 100_000)


def test_nothing_said_limits_nothing() -> None:
    """Without limits there is none, not one of 0."""
    assert Limits().model_dump(exclude_none=True) == {"scores": {}, "monotone": {}, "fairness": ()}


@pytest.mark.parametrize(
    "given",
    [
        {"latency_p99": 0.002},
        {"latency_p99": "0s"},
        {"memory": "lots"},
        {"size": -1},
        {"scores": {"roc_auc": float("nan")}},
        {"scores": {"roc_auc": "high"}},
        {"monotone": {"age": "up"}},
        {"fairness": {"column": "sex", "metric": "recall"}},
        {"fairness": [{"column": "sex", "metric": "recall", "gap": 1.5}]},
        {"latency_p95": "2ms"},
    ],
    ids=str,
)
def test_no_limit(given: dict[str, object]) -> None:
    """A number without a unit, a NaN, a word, a gap over 1, or an unknown key is no limit."""
    with pytest.raises(ValidationError):
        Limits.model_validate(given)


def test_one_gap_or_several() -> None:
    """One table of fairness is a list of one; each has column, metric and gap."""
    one = {"column": "sex", "metric": "recall", "gap": 0.05}
    assert Limits.model_validate({"fairness": [one]}).fairness == (Fairness(**one),)
    assert Limits.model_validate({"fairness": [one, one | {"gap": 0}]}).fairness[1].gap == 0


def test_a_floor_may_be_negative() -> None:
    """R2 may be below 0, and a floor there is a floor."""
    assert Limits.model_validate({"scores": {"r2": -0.5}}).scores == {"r2": -0.5}


def test_a_limit_is_found_wherever_it_stands() -> None:
    """A key of its own, a name under `custom`, and nothing for what was not asked."""
    limits = parse({**TARGET, "limits": {"size": "25MB", "custom": {"opening": 0.5}}}).limits
    assert (limits.of("size"), limits.of("opening"), limits.of("memory"), limits.of("other")) == (25e6, 0.5, None, None)


def test_unset_it_leaves_the_resolved_spec_as_it_was() -> None:
    """The key stands in the resolved spec only where it was set, so that content hashes stay."""
    assert "custom" not in parse({**TARGET, "limits": {"size": "25MB"}}).resolved()["limits"]
    told = parse({**TARGET, "limits": {"custom": {"opening": 0.5}}})
    assert told.resolved()["limits"]["custom"] == {"opening": 0.5}
    assert parse(told.resolved()).limits == told.limits
    assert parse(TARGET, overrides=["limits.custom.opening=0.5"]).limits == told.limits


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no_such_gate", r"limits\.custom\.no_such_gate: no limit 'no_such_gate'"),
        ("latncy_p99", r"did you mean 'latency_p99'\?"),
        ("latency_p99", r"limits\.custom\.latency_p99: latency_p99 is a limit of its own"),
    ],
)
def test_a_name_that_no_gate_has_is_answered(name: str, words: str) -> None:
    """None is passed over in silence; a gate with a key of its own is asked for by that."""
    with pytest.raises(SpecError, match=words):
        check(parse({**TARGET, "limits": {"custom": {name: 1}}}).limits)
