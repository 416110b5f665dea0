"""What serving is estimated to take."""

from __future__ import annotations

import pytest

from automl.search.cost.serving import serving
from automl.search.worker.model_size import ModelSize
from automl.spec.limits import Limits

SMALL, LARGE = ModelSize(operations=5.0, steps=300.0, nodes=2_000.0), ModelSize(steps=9_000.0, nodes=100_000.0)


def test_more_members_take_more() -> None:
    """A further member, or a further column, costs time; a member costs bytes too."""
    one, two = serving([SMALL], reading=2e-5), serving([SMALL, LARGE], reading=2e-5)
    assert two.latency_p50 > one.latency_p50
    assert two.size > one.size
    assert two.memory > one.memory
    assert serving([SMALL], reading=4e-5).latency_p99 > one.latency_p99 > one.latency_p50


def test_bytes_are_those_of_the_graph() -> None:
    """100,000 nodes of trees are about 3.5 MB, as the exporter writes them."""
    assert serving([LARGE], reading=2e-5).size == pytest.approx(3.5e6, rel=0.05)


def test_excess_is_of_the_tightest_limit() -> None:
    """The largest share of a limit counts; without limits there is none."""
    found = serving([LARGE], reading=2e-5)
    assert found.excess(Limits()) == 0.0
    limits = Limits.model_validate({"size": "35MB", "latency_p99": "10s"})
    assert found.excess(limits) == pytest.approx(0.1, rel=0.05)
    assert found.excess(Limits.model_validate({"size": "35MB", "latency_p50": "1us"})) > 100.0
