"""What both latency gates share: percentiles of single rows, as medians over blocks."""

from __future__ import annotations

from math import ceil
from statistics import median

from automl.gates._limit import against
from automl.gates.base import GateVerdict, Limit, Measured

PROTOCOL = (
    "score.py in a fresh process, one thread: raw row as a dict, reader, graph, decision; after a warm-up of 200 rows "
    "up to 2,000 single rows (the golden rows in turn), at most 5 s, in blocks of 200; the figure is the median "
    "of the blocks' percentiles, so that a burst of other work on the machine does not decide"
)


def judge(gate: str, share: float, measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    """The verdict on the percentile `share` (0.99: p99), in milliseconds."""
    value = 1e3 * median(percentile(block, share) for block in whole(measured.blocks))
    cut = f"; time ran out before the {measured.asked:,}" if measured.rows < measured.asked else ""
    times = [seconds for block in measured.blocks for seconds in block]
    raw = {
        "rows": measured.rows,
        "asked": measured.asked,
        "all_rows_ms": 1e3 * percentile(times, share),
        "slowest_ms": 1e3 * max(times),
        "start_ms": 1e3 * measured.start,
        "threads": measured.threads,
        "seconds": measured.seconds,
    }
    words = f"p{100 * share:.0f} of {measured.rows:,} single rows{cut}"
    return (against(gate=gate, value=value, limit=limit, unit="ms", words=words, protocol=PROTOCOL, raw=raw),)


def whole(blocks: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    """The blocks without a last one that was cut short, unless it is the only one."""
    return blocks[:-1] if len(blocks) > 1 and len(blocks[-1]) < len(blocks[0]) else blocks


def percentile(values: tuple[float, ...] | list[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed.

    >>> percentile(list(range(1, 201)), 0.99), percentile([3.0, 1.0, 2.0], 0.5)
    (198, 2.0)
    """
    return sorted(values)[ceil(share * len(values)) - 1]
