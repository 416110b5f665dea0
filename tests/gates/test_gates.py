"""Each gate turns one measurement and one limit into a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.gates.base import Measured, gates
from automl.spec.limits import Limits


def measured(folder: Path, walls=(0.001,), **more) -> Measured:
    told = {
        "aside": {},
        "asked": 1,
        "start": 0.3,
        "resident": 80_000_000,
        "proportional": 70_000_000,
        "threads": 1,
        "seconds": 1.0,
    }
    return Measured(folder=folder, walls=tuple(walls), **(told | more))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A bundle's files, as far as gates look at them."""
    scores = [
        {"metric": "roc_auc", "value": 0.81, "rows": "test", "low": 0.78, "high": 0.84, "n": 250},
        {"metric": "log_loss", "value": 0.47, "rows": "test", "low": None, "high": None, "n": 250},
        {"metric": "roc_auc", "value": 0.99, "rows": "oof", "low": None, "high": None, "n": 750},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"scores": scores}))
    (tmp_path / "model.onnx").write_bytes(b"x" * 1_000_000)
    (tmp_path / "report.html").write_bytes(b"x" * 5_000_000)
    return tmp_path


@pytest.mark.parametrize("name", list(gates.all))
def test_every_gate_keeps_the_contract(name, folder):
    """Its name is a limit of the spec; without a limit nothing fails; a verdict names its gate and its protocol."""
    assert name in Limits.model_fields
    for verdict in gates.get(name).judge(measured(folder), None):
        assert (verdict.gate, verdict.ok, verdict.limit) == (name, True, None)
        assert verdict.protocol
        assert verdict.unit


def test_raw_figures_of_each_block_are_kept(folder):
    """Anyone can look at the blocks that the median was taken of."""
    (verdict,) = gates.get("latency_p50").judge(measured(folder, [0.001] * 200 + [0.003] * 200, asked=400), None)
    assert verdict.raw["blocks_ms"] == pytest.approx([1.0, 3.0])


def test_cold_start_is_the_median_of_starts(folder):
    """One slow start among several does not decide."""
    (verdict,) = gates.get("cold_start").judge(measured(folder, colds=(0.4, 9.0, 0.5)), 1.0)
    assert (verdict.ok, verdict.measured, verdict.unit) == (True, 0.5, "s")


def test_throughput_is_a_floor(folder):
    """More rows a second than asked for are welcome."""
    told = {"bulks": (2.0, 1.0, 0.5), "bulk_rows": 1_000}
    (kept,) = gates.get("throughput").judge(measured(folder, **told), 900.0)
    (missed,) = gates.get("throughput").judge(measured(folder, **told), 1_100.0)
    assert (kept.ok, kept.measured, missed.ok) == (True, 1_000.0, False)
    assert "below the limit" in missed.reason


def test_latency_is_the_median_of_the_blocks_percentiles(folder):
    """A burst of other work in one block does not decide; the raw figures still show it."""
    calm, burst = [0.001] * 198 + [0.002] * 2, [0.5] * 200
    for name in ("latency_p50", "latency_p99"):
        (verdict,) = gates.get(name).judge(measured(folder, calm + burst + calm, asked=600), 0.0015)
        assert verdict.measured == pytest.approx(1.0)
        assert verdict.ok
        assert verdict.raw["slowest_wall_ms"] == pytest.approx(500)


def test_p99_sees_three_slow_rows_in_two_hundred(folder):
    """The 99th percentile of a block of 200 is its third slowest row."""
    (verdict,) = gates.get("latency_p99").judge(measured(folder, [0.001] * 197 + [0.004] * 3, asked=200), 0.002)
    assert (verdict.ok, verdict.measured, verdict.limit) == (False, pytest.approx(4.0), 2.0)


def test_time_that_the_system_gave_to_other_work_is_taken_off(folder):
    """A neighbour on the machine does not make a bundle slow; how many rows it met is told."""
    walls, aside = [0.001] * 197 + [0.009] * 3, {197: 0.008, 198: 0.008, 199: 0.008}
    (verdict,) = gates.get("latency_p99").judge(measured(folder, walls, aside=aside, asked=200), 0.002)
    assert (verdict.ok, verdict.measured) == (True, pytest.approx(1.0))
    assert verdict.raw["interrupted_rows"] == 3
    assert verdict.raw["all_rows_wall_ms"] == pytest.approx(9.0)


def test_a_block_cut_short_does_not_count_and_the_reason_tells(folder):
    """Two rows have no 99th percentile; a bundle so slow that there is no whole block is judged on what there is."""
    (verdict,) = gates.get("latency_p99").judge(measured(folder, [0.001] * 200 + [0.9] * 2, asked=2_000), 0.002)
    assert verdict.ok
    assert "202 single rows; time ran out before the 2,000" in verdict.reason
    (only,) = gates.get("latency_p99").judge(measured(folder, [0.9] * 2, asked=2_000), 0.002)
    assert not only.ok


def test_memory_counts_shared_pages_in_full(folder):
    """A server may run alone."""
    (verdict,) = gates.get("memory").judge(measured(folder), 79e6)
    assert (verdict.ok, verdict.measured, verdict.limit) == (False, 80.0, 79.0)
    assert verdict.reason == "memory is 80 MB (resident after 1 rows), over the limit of 79 MB"


def test_size_counts_what_scoring_reads(folder):
    """A report may be as long as it likes."""
    (verdict,) = gates.get("size").judge(measured(folder), 2e6)
    assert verdict.ok
    assert 1.0 < verdict.measured < 1.001
    assert set(verdict.raw) == {"manifest.json", "model.onnx"}


def test_scores_have_floors_and_losses_ceilings(folder):
    """The test part's score is judged, never the out-of-fold one."""
    floors = {"roc_auc": 0.9, "log_loss": 0.5}
    auc, loss = gates.get("scores").judge(measured(folder), floors)
    assert (auc.gate, auc.ok, auc.measured, auc.limit) == ("scores.roc_auc", False, 0.81, 0.9)
    assert auc.reason == "roc_auc 0.81 on the test part misses the floor of 0.9"
    assert loss.ok
    assert loss.reason == "log_loss 0.47 on the test part keeps the ceiling of 0.5"


def test_a_floor_for_a_metric_that_was_not_computed_is_refused(folder):
    """Not silently kept: the message lists what is there."""
    with pytest.raises(SpecError, match="'f1' is not computed on the test part"):
        gates.get("scores").judge(measured(folder), {"f1": 0.5})


def people(folder: Path, *groups) -> None:
    """A manifest with recalls by sex."""
    told = [dict(zip(("group", "value", "n"), group, strict=True)) for group in groups]
    told = [{"column": "sex", "metric": "recall", **group} for group in told]
    (folder / "manifest.json").write_text(json.dumps({"scores": [], "groups": told}))


def test_fairness_is_the_largest_gap_between_groups(folder):
    """Two of three groups differ by more than is allowed; they are named."""
    people(folder, ("f", 0.61, 100), ("m", 0.75, 100), ("x", 0.70, 100))
    limit = Limits(fairness=[{"column": "sex", "metric": "recall", "gap": 0.1}]).fairness
    (verdict,) = gates.get("fairness").judge(measured(folder), limit)
    assert (verdict.gate, verdict.ok, verdict.limit) == ("fairness.sex.recall", False, 0.1)
    assert verdict.measured == pytest.approx(0.14)
    assert verdict.reason == "recall by sex differs by 0.14 (m 0.75, f 0.61), over the gap of 0.1"


def test_small_groups_and_those_without_a_value_are_not_compared(folder):
    """Three rows tell nothing; they stand in the raw figures."""
    people(folder, ("f", 0.7, 100), ("m", 0.75, 100), ("x", 0.0, 3), ("y", None, 50))
    limit = Limits(fairness=[{"column": "sex", "metric": "recall", "gap": 0.1}]).fairness
    (verdict,) = gates.get("fairness").judge(measured(folder), limit)
    assert verdict.ok
    assert len(verdict.raw["groups"]) == 4
    people(folder, ("f", 0.7, 100), ("m", 0.75, 3))
    (alone,) = gates.get("fairness").judge(measured(folder), limit)
    assert "nothing to compare" in alone.reason


def test_directions_are_checked_on_the_finished_bundle(bundle):
    """The test bundle rises with age and falls with nothing; a column that it does not read cannot turn it round."""
    asked = {"age": "increasing"}
    (kept,) = gates.get("monotone").judge(measured(bundle), asked)
    (turned,) = gates.get("monotone").judge(measured(bundle), {"age": "decreasing"})
    (unread,) = gates.get("monotone").judge(measured(bundle), {"height": "decreasing"})
    assert kept.ok, kept.reason
    assert kept.raw["values"] > 5
    assert not turned.ok
    assert turned.measured > 0.001
    assert unread.ok
    assert "does not look at it" in unread.reason
