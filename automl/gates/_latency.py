"""What both latency gates share: percentiles of single rows, as medians over blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import median

from automl.gates._limit import against
from automl.gates.base import GateVerdict, Limit, Measured

BLOCK = 200  # the 99th percentile of a block is its third slowest row
PROTOCOL = (
    "score.py in a fresh process, one thread: raw row as a dict, reader, features of other tables held in memory where "
    "there are any, graph, decision; after a warm-up of 200 rows "
    "up to 2,000 single rows (the golden rows in turn), at most 5 s, by `automl gates` in three processes one after "
    "another; time in which the system took the processor away "
    "for other work is taken off; the figure is the median of the percentiles of blocks of 200 rows"
)


def judge(gate: str, share: float, measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    """The verdict on the percentile `share` (0.99: p99), in milliseconds."""
    value = 1e3 * median(percentile(block, share) for block in blocks(measured.times))
    cut = f"; time ran out before the {measured.asked:,}" if measured.rows < measured.asked else ""
    raw = {
        "blocks_ms": [1e3 * percentile(block, share) for block in blocks(measured.times)],
        "rows": measured.rows,
        "asked": measured.asked,
        "interrupted_rows": len(measured.aside),
        "all_rows_ms": 1e3 * percentile(measured.times, share),
        "all_rows_wall_ms": 1e3 * percentile(measured.walls, share),
        "slowest_wall_ms": 1e3 * max(measured.walls),
        "start_ms": 1e3 * measured.start,
        "threads": measured.threads,
        "seconds": measured.seconds,
    }
    words = f"p{100 * share:.0f} of {measured.rows:,} single rows{cut}"
    return (against(gate=gate, value=value, limit=limit, unit="ms", words=words, protocol=PROTOCOL, raw=raw),)


def blocks(times: Sequence[float]) -> list[Sequence[float]]:
    """The times in blocks of `BLOCK`, without a last one that was cut short, unless it is the only one."""
    cuts = [times[at : at + BLOCK] for at in range(0, len(times), BLOCK)]
    return cuts[:-1] if len(cuts) > 1 and len(cuts[-1]) < BLOCK else cuts


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed.

    >>> percentile(list(range(1, 201)), 0.99), percentile([3.0, 1.0, 2.0], 0.5)
    (198, 2.0)
    """
    return sorted(values)[ceil(share * len(values)) - 1]
