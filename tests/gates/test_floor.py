"""What an empty pipeline takes is known before a search begins."""

from __future__ import annotations

from functools import partial

import pytest

from automl.errors import DataError
from automl.gates import floor
from automl.gates.floor import Floor, impossible, measure_floor
from automl.spec.limits import Limits

FIGURES = {
    "latency_p50": 2e-5,
    "latency_p99": 3e-5,
    "memory": 6e7,
    "size": 3e4,
    "cold_start": 0.3,
    "throughput": 1e6,
}


@pytest.fixture
def measured(monkeypatch):
    """A machine on which an empty pipeline takes 30 microseconds; the measurements are counted."""
    calls = []

    def fake(limits):
        calls.append(limits)
        return FIGURES

    monkeypatch.setattr(floor, "measure_floor", fake)
    return calls


def test_a_limit_below_the_floor_is_impossible(measured):
    """The sentence has what was asked for and what the floor is; it was measured again in quiet."""
    (broken,) = Floor(Limits(latency_p99="1us", memory="1GB")).broken()
    assert (broken.gate, broken.ok) == ("latency_p99", False)
    assert impossible([broken]) == "latency_p99 of 0.001 ms is impossible here: the floor is 0.03 ms"
    assert len(measured) == 2


def test_a_throughput_above_the_most_is_impossible(measured):
    """More rows a second than an empty pipeline scores."""
    (broken,) = Floor(Limits(throughput="2000000 rows/s")).broken()
    assert "the most is 1e+06 rows/s" in impossible([broken])


def test_what_an_empty_pipeline_keeps_is_not_refused(measured):
    """The search may still fail on it; one measurement is enough."""
    assert Floor(Limits(latency_p99="1ms", size="1MB")).broken() == ()
    assert len(measured) == 1


def test_what_fails_beside_other_work_is_measured_again(monkeypatch):
    """A failure in the thread is no answer: the second measurement is one, or says why there is none."""
    calls = []

    def fails(limits, *, times):
        calls.append(limits)
        if len(calls) <= times:
            raise DataError("no memory for a process")
        return FIGURES

    monkeypatch.setattr(floor, "measure_floor", partial(fails, times=1))
    assert Floor(Limits(latency_p99="1ms")).broken() == ()
    assert len(calls) == 2
    monkeypatch.setattr(floor, "measure_floor", partial(fails, times=9))
    with pytest.raises(DataError, match="no memory"):
        Floor(Limits(latency_p99="1ms")).broken()


def test_without_limits_on_serving_nothing_is_measured(measured):
    """A floor on a metric costs no second."""
    assert Floor(Limits(scores={"roc_auc": 0.8})).broken() == ()
    assert not measured


def test_the_empty_pipeline_is_a_bundle_that_runs():
    """It is measured by its own score.py; its figures are small and none is missing."""
    found = measure_floor(Limits(latency_p99="1us"))
    assert 0 < found["latency_p50"] <= found["latency_p99"] < 0.1
    assert 3e7 < found["memory"] < 2e8
    assert 1e4 < found["size"] < 1e5
    assert found["cold_start"] > 0.01
