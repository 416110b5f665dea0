"""What an ensemble will cost to serve, from the sizes of its members: which of them may ship together hangs on it.

The gates measure the finished bundle; this is what is known before there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from automl.data.rows import Column
from automl.search.worker.model_size import NOTHING, ModelSize
from automl.spec.limits import Limits

# Seconds for one row, and bytes: fitted to the bundles of 14 tasks on one thread (November 2026), which they meet
# within a quarter (docs/decisions/0006).
ROW = 22e-6  # reader and session beside the columns
READ = {"number": 1.3e-6, "flag": 1.3e-6, "category": 4.7e-6, "date": 38e-6, "text": 38e-6}  # a column, its features
COMPUTED, JOINT = 25e-6, 5e-6  # a column of other tables; a feature of joint steps
OPERATION, STEP, NODE, NUMBER = 0.37e-6, 7e-9, 1.15e-9, 0.55e-9  # of the graph, down a tree; of trees and tables
SLOWEST = 1.5  # the 99th percentile in medians
FILES, NODE_BYTES, NUMBER_BYTES = 35_000, 35, 8  # manifest and scorer; a node of a tree with its leaf; a number
PROCESS, RESIDENT = 62_000_000, 5  # bytes: Python, numpy, the runtime; and for each byte of the graph


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


def reading(columns: Iterable[Column], joint: int = 0) -> float:
    """Seconds to read the columns of a row and make their features, and so many further ones of joint steps."""
    return sum(COMPUTED if column.computed else READ[column.wire] for column in columns) + JOINT * joint


def share_read(size: ModelSize, columns: int) -> float:
    """The share of so many columns that a model of this size can look at: a node looks at one, a number weighs one.

    >>> share_read(ModelSize(nodes=300.0), 1_200)
    0.25
    """
    return min(1.0, (size.nodes + size.numbers) / columns) if columns else 0.0


def serving(members: Iterable[ModelSize], *, reading: float) -> Serving:
    """What a bundle of `members` will take whose columns take so many seconds to read."""
    total = sum(members, start=NOTHING)
    trees = STEP * total.steps + NODE * total.nodes
    p50 = ROW + reading + OPERATION * total.operations + trees + NUMBER * total.numbers
    graph = NODE_BYTES * total.nodes + NUMBER_BYTES * total.numbers
    return Serving(latency_p50=p50, latency_p99=SLOWEST * p50, size=FILES + graph, memory=PROCESS + RESIDENT * graph)
