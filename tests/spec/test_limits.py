"""What a spec asks of gates: by a key of its own, or under `custom`."""

from __future__ import annotations

import pytest

from automl.errors import SpecError
from automl.gates.measure import check
from automl.spec import parse

TARGET = {"objective": {"target": "y"}}


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
