"""The gate on the usual time of one raw row, dict to decision."""

from __future__ import annotations

from functools import partial

from automl.gates._latency import judge
from automl.gates.base import Gate

latency_p50 = Gate(name="latency_p50", judge=partial(judge, "latency_p50", 0.50))
