"""The gate on fairness compares the groups that have enough rows, and names the two that differ most."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.errors import SpecError
from automl.gates import fairness as room
from automl.gates.base import GateVerdict, Measured
from automl.gates.fairness import FEWEST, fairness
from automl.spec.limits import Fairness


def measured(folder: Path) -> Measured:
    """A run of nothing: the gate looks at the folder alone."""
    figures = {"walls": (), "aside": {}, "asked": 0, "start": 0.0, "resident": 0, "seconds": 0.0}
    return Measured(folder=folder, proportional=None, threads=None, **figures)


def judge(folder: Path, groups: dict[str, tuple[float | None, int]], gap: float = 0.1) -> tuple[GateVerdict, ...]:
    """The verdict on recall by sex; `groups` are (recall, rows) by name."""
    told = [
        {"column": "sex", "group": name, "metric": "recall", "value": value, "n": rows}
        for name, (value, rows) in groups.items()
    ]
    told.append({"column": "sex", "group": "f", "metric": "precision", "value": 0.0, "n": 1_000})
    (folder / "manifest.json").write_text(json.dumps({"groups": told}))
    return fairness.judge(measured(folder), (Fairness(column="sex", metric="recall", gap=gap),))


@pytest.mark.parametrize(("gap", "ok"), [(0.25, True), (0.26, True), (0.24, False), (0.0, False)])
def test_a_gap_may_be_as_large_as_allowed(tmp_path, gap, ok):
    """What is exactly allowed is within; the words name the two groups and their figures."""
    (verdict,) = judge(tmp_path, {"f": (0.5, 100), "m": (0.75, 100)}, gap)
    assert (verdict.gate, verdict.ok, verdict.measured, verdict.limit) == ("fairness.sex.recall", ok, 0.25, gap)
    assert f"(m 0.75, f 0.5), {'within' if ok else 'over'} the gap of {gap:g}" in verdict.reason


def test_only_groups_with_enough_rows_count(tmp_path):
    """One row less than needed, or no value at all, and a group is left out of the gap but not of the raw figures."""
    groups = {"f": (0.5, FEWEST), "m": (0.55, FEWEST), "x": (0.0, FEWEST - 1), "y": (None, 500)}
    (verdict,) = judge(tmp_path, groups)
    assert verdict.measured == pytest.approx(0.05)
    assert [group["group"] for group in verdict.raw["groups"]] == ["f", "m", "x", "y"]


@pytest.mark.parametrize("groups", [{"f": (0.5, 100)}, {"f": (0.5, 5), "m": (None, 100)}])
def test_one_group_has_nobody_to_differ_from(tmp_path, groups):
    """Fewer than two groups keep the limit, and the words say that nothing was compared."""
    (verdict,) = judge(tmp_path, groups, 0.0)
    assert (verdict.ok, verdict.measured) == (True, 0.0)
    assert "there is nothing to compare" in verdict.reason


@given(some.dictionaries(some.text(max_size=3), some.floats(0, 1), min_size=2, max_size=6))
def test_the_gap_is_the_largest_of_all_pairs(values):
    """Of any groups: no two differ by more than the figure, and two differ by it."""
    told = [{"column": "c", "group": k, "metric": "recall", "value": v, "n": 100} for k, v in values.items()]
    verdict = room._one("c", "recall", 1.0, told)
    pairs = [abs(a - b) for a in values.values() for b in values.values()]
    assert verdict.measured == max(pairs)


def test_what_was_not_computed_is_an_error(tmp_path):
    """A metric by a column that the bundle does not have is never silently fair."""
    with pytest.raises(SpecError, match="recall was not computed by sex"):
        judge(tmp_path, {})


def test_without_a_limit_there_is_no_verdict(tmp_path):
    """Nothing asked, nothing judged."""
    assert fairness.judge(measured(tmp_path), ()) == ()
