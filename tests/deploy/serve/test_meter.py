"""What Prometheus reads: counts that only grow, of one worker or of all, by routes that are a closed list."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from automl.deploy.serve.meter import BUCKETS, FOLDER, OTHER, ROUTES, Meter, route_of
from automl.deploy.serve.trial import Tally

SHARED = """
import sys
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.trial import Tally
meter = Meter(slot=int(sys.argv[1]))
meter.rows(int(sys.argv[2]))
meter.active(1)
meter.answered("/predict", 200, 0.001)
sys.stdout.write(meter.text()[0].decode())
"""


def numbers(text: bytes) -> dict[tuple[str, ...], float]:
    """The samples by name and labels, these in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status() -> None:
    """Each pair has its count; seconds are of the route, in its buckets."""
    meter = Meter()
    for status, seconds in ((200, 0.0004), (200, 0.3), (422, 0.0004)):
        meter.answered("/predict", status, seconds)
    found = numbers(meter.text()[0])
    assert found["automl_requests_total", "/predict", "200"] == 2
    assert found["automl_requests_total", "/predict", "422"] == 1
    assert found["automl_request_seconds_count", "/predict"] == 3
    assert found["automl_request_seconds_sum", "/predict"] == pytest.approx(0.3008)
    assert found["automl_request_seconds_bucket", str(BUCKETS[0]), "/predict"] == 2
    assert found["automl_request_seconds_count", "/schema"] == 0


def test_rows_and_swaps_add_up_and_the_line_is_what_it_is() -> None:
    """Counters grow; how many are under way is the last that was said."""
    meter = Meter()
    meter.rows(3)
    meter.rows(4)
    meter.swapped()
    meter.active(5)
    meter.active(2)
    found = numbers(meter.text()[0])
    assert (found["automl_rows_total",], found["automl_swaps_total",]) == (7, 1)
    assert found["automl_requests_active",] == 2


def test_two_meters_share_nothing() -> None:
    """A second server in one process begins at 0: there is no global register."""
    one, two = Meter(), Meter()
    one.rows(9)
    assert numbers(two.text()[0])["automl_rows_total",] == 0


def test_the_text_is_what_prometheus_asks_for() -> None:
    """The content type names the format and its version."""
    text, kind = Meter().text()
    assert kind.startswith("text/plain; version=")
    assert text.startswith(b"# HELP automl_")


@pytest.mark.parametrize("path", ["/predict/", "/etc/passwd", "/Predict", "", "/predict?x=1", "/ü"])
def test_a_path_of_a_stranger_is_no_label(path: str) -> None:
    """V16: whatever is asked for, labels are of a closed list, or memory would grow with each name."""
    assert route_of(path) == OTHER
    assert [route_of(route) for route in ROUTES] == list(ROUTES)


def test_workers_are_summed_and_one_started_anew_counts_on(tmp_path: Path) -> None:
    """V08: numbers of all workers lie in a folder; a worker of a slot that died goes on where that one was."""

    def work(slot: int, rows: int) -> dict[tuple[str, ...], float]:
        command = [sys.executable, "-c", SHARED, str(slot), str(rows)]
        done = subprocess.run(command, env={FOLDER: str(tmp_path)}, capture_output=True, check=True)
        return numbers(done.stdout)

    assert work(0, 10)["automl_rows_total",] == 10
    assert work(1, 5)["automl_rows_total",] == 15
    again = work(0, 1)
    assert again["automl_rows_total",] == 16
    assert again["automl_requests_total", "/predict", "200"] == 3


def test_unread_cells_are_counted_by_column() -> None:
    """V16: the columns of a bundle are few and known, so that they may be labels."""
    meter = Meter()
    for column, count in (("age", 2), ("a day", 1), ("age", 3)):
        meter.unread(column, count)
    found = numbers(meter.text()[0])
    assert (found["automl_unread_cells_total", "age"], found["automl_unread_cells_total", "a day"]) == (5, 1)


def test_versions_that_answer_no_more_are_no_labels() -> None:
    """V16: however often a model is promoted, each role has one label; what a challenger did is counted."""
    meter = Meter()
    for number in range(100):
        meter.serves(champion=f"{number:012x}", canary=f"{number + 1:012x}")
    meter.serves(champion="00000000000a")
    meter.tried(Tally(rows=3, changed=2, regret=70.0))
    meter.tried(Tally(rows=1, failed=1, regret=-80.0))
    found = numbers(meter.text()[0])
    assert {key: value for key, value in found.items() if key[0] == "automl_model_version"} == {
        ("automl_model_version", "champion", "00000000000a"): 1
    }
    counted = [found[f"automl_canary_{name}",] for name in ("rows_total", "changed_total", "failed_total", "regret")]
    assert counted == [4, 2, 1, -10.0]
