"""The gate on the slowest hundredth of one raw row, dict to decision."""

from __future__ import annotations

from functools import partial

from automl.gates._latency import judge
from automl.gates.base import Gate

latency_p99 = Gate(name="latency_p99", judge=partial(judge, "latency_p99", 0.99))
