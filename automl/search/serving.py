"""What an ensemble will cost to serve, from the sizes of its members: which of them may ship together hangs on it.

The gates measure the finished bundle; this is what is known before there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from automl.search.footprint import NOTHING, Footprint
from automl.spec.limits import Limits

# Seconds for one row, and bytes: fitted to the graphs of 36 members (each learner, five tasks, one thread, November
# 2026), which they meet within a fifth, and compared with what the gates measured (docs/decisions/0006).
ROW, COLUMN = 25e-6, 4.5e-6  # a dict through reader and session; each of its columns, with its features
OPERATION, STEP, NODE, NUMBER = 0.37e-6, 15e-9, 1.2e-9, 0.7e-9  # of the graph, down a tree; of trees and tables
SLOWEST = 1.6  # the 99th percentile in medians
FILES, NODE_BYTES, NUMBER_BYTES = 35_000, 35, 8  # manifest and scorer; a node of a tree with its leaf; a number
PROCESS, RESIDENT = 66_000_000, 15  # bytes: Python, numpy, the runtime; and for each byte of the graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Estimates for a bundle: seconds for one raw row, bytes."""

    latency_p50: float
    latency_p99: float
    size: float
    memory: float

    def excess(self, limits: Limits) -> float:
        """The largest figure in its limit: above 1 a limit is not kept; 0 where none is set."""
        asked: Mapping[str, float | None] = {field.name: getattr(limits, field.name) for field in fields(self)}
        return max((getattr(self, name) / limit for name, limit in asked.items() if limit), default=0.0)


def serving(members: Iterable[Footprint], *, columns: int) -> Serving:
    """What a bundle of `members` over so many raw columns will take."""
    total = sum(members, start=NOTHING)
    trees = STEP * total.steps + NODE * total.nodes
    p50 = ROW + COLUMN * columns + OPERATION * total.operations + trees + NUMBER * total.numbers
    graph = NODE_BYTES * total.nodes + NUMBER_BYTES * total.numbers
    return Serving(latency_p50=p50, latency_p99=SLOWEST * p50, size=FILES + graph, memory=PROCESS + RESIDENT * graph)
