"""A staged bundle is measured by its own score.py in a fresh process."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from automl.errors import BundleError, SpecError
from automl.gates.measure import measure, run
from automl.spec.limits import Limits


@pytest.fixture(scope="module")
def verdicts(bundle):
    """The real bundle against limits that no bundle keeps, and without a limit of memory."""
    limits = Limits(latency_p99="1us", latency_p50="10s", size="1KB")
    return {verdict.gate: verdict for verdict in measure(bundle, limits)}


def fake(folder: Path, decide: str) -> Path:
    """A bundle whose score.py is a few lines."""
    (folder / "golden").mkdir()
    (folder / "golden/rows.json").write_text(json.dumps([{"x": 1}, {"x": 2}]))
    lines = [
        "import time",
        "class Scorer:",
        "    def __init__(self, folder): pass",
        f"    def decide(self, row): {decide}",
    ]
    (folder / "score.py").write_text("\n".join(lines))
    return folder


def test_a_limit_that_the_bundle_does_not_keep_is_found_on_its_own_bytes(verdicts):
    """R16: a p99 of one microsecond fails, with what was measured beside the limit."""
    p99 = verdicts["latency_p99"]
    assert not p99.ok
    assert (p99.limit, p99.unit) == (0.001, "ms")
    assert p99.measured > p99.limit
    assert p99.raw["rows"] == 2_000
    assert "p99 of 2,000 single rows" in p99.reason
    assert "over the limit of 0.001 ms" in p99.reason
    assert not verdicts["size"].ok


def test_a_limit_that_is_kept_and_one_that_is_not_set_are_ok(verdicts):
    """Without a limit the figure is reported only."""
    assert verdicts["latency_p50"].ok
    assert verdicts["memory"].ok
    assert verdicts["memory"].limit is None
    assert verdicts["memory"].reason.endswith("no limit is set")


def test_without_a_limit_one_start_is_told_and_no_throughput(verdicts):
    """What takes a process of its own is not measured for nothing."""
    assert len(verdicts["cold_start"].raw["starts_s"]) == 1
    assert "throughput" not in verdicts


def test_memory_is_that_of_a_process_with_numpy_and_onnxruntime(verdicts):
    """More than a bare Python, far less than anything that trains."""
    assert 30 < verdicts["memory"].measured < 200


def test_every_verdict_says_how_it_was_measured(verdicts):
    """The protocol stands in the manifest."""
    assert all(len(verdict.protocol) > 60 for verdict in verdicts.values())


def test_measuring_leaves_no_trace(bundle):
    """The folder is renamed into the final bundle: nothing may be added to it."""
    before = {path: path.stat().st_mtime_ns for path in bundle.rglob("*")}
    run(bundle, rows=20)
    assert {path: path.stat().st_mtime_ns for path in bundle.rglob("*")} == before


def test_a_slow_bundle_is_timed_on_fewer_rows_and_says_so(tmp_path):
    """The time is bounded, whatever the bundle; the verdict tells how many rows it stands on."""
    fake(tmp_path, "time.sleep(0.02)")
    found = run(tmp_path, row_seconds=0.1)
    assert 0 < found.rows < 2_000
    assert found.asked == 2_000
    assert max(found.times) >= 0.02  # waiting of its own making counts


def test_a_scorer_that_fails_is_a_bundle_error_with_its_last_line(tmp_path):
    """Exit code 7, and no traceback."""
    with pytest.raises(BundleError, match=r"score.py failed on the golden rows: ZeroDivisionError") as caught:
        run(fake(tmp_path, "1 / 0"))
    assert caught.value.exit_code == 7


def test_a_scorer_that_never_answers_is_ended(tmp_path):
    """R02: not even one row came back; the process does not outlive the measurement."""
    with pytest.raises(BundleError, match="did not answer within 1 s"):
        run(fake(tmp_path, "time.sleep(60)"), process_seconds=1)


def test_ctrl_c_on_the_terminal_is_not_for_the_probe(tmp_path):
    """S10: it reaches every process of the terminal's group, and the probe is in a group of its own."""
    run(fake(tmp_path, "open('group', 'w').write(str(__import__('os').getpgrp()))"), rows=1)
    assert int((tmp_path / "group").read_text()) != os.getpgrp()


def test_what_score_py_prints_does_not_disturb(tmp_path):
    """The measurement is the last line."""
    assert run(fake(tmp_path, "print('hello', end='')"), rows=10).rows == 10


def test_a_limit_without_a_gate_is_refused():
    """No limit is passed over in silence; nothing is run for it."""

    class Charming(Limits):
        charm: float = 1.0

    with pytest.raises(SpecError, match=r"limits\.charm: no gate measures this limit"):
        measure(Path("nowhere"), Charming())


def test_throughput_and_cold_start_are_measured_where_they_are_asked_for(bundle, monkeypatch):
    """Rows a second are a floor; the cold start is that of several processes; neither runs without a limit."""
    monkeypatch.setattr("automl.gates.measure.BULK_SECONDS", 0.1)
    asked = Limits(throughput="1000000000 rows/s", cold_start="1ms")
    found = {verdict.gate: verdict for verdict in measure(bundle, asked)}
    throughput, cold = found["throughput"], found["cold_start"]
    assert not throughput.ok
    assert 1_000 < throughput.measured < 1e9
    assert throughput.measured == pytest.approx(16_384 / min(throughput.raw["blocks_s"]), rel=5)
    assert throughput.reason.endswith("below the limit of 1e+09 rows/s")
    assert not cold.ok
    assert len(cold.raw["starts_s"]) == 5
    assert min(cold.raw["starts_s"]) > cold.raw["scorer_s"] / 2
