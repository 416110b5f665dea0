"""The gate on the rows that a batch scores in a second."""

from __future__ import annotations

from statistics import median

from automl.gates._limit import against
from automl.gates.base import Gate, GateVerdict, Limit, Measured

PROTOCOL = (
    "rows a second of `Bundle.predict` in a fresh process, one thread: the golden rows again and again as text, as a "
    "CSV file gives them, through the reader, features of other tables where there are any, and the graph; after one "
    "block that does not count the median of up to 7 blocks of 16,384 rows, at most 3 s"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    if not measured.bulks:
        return ()
    return (
        against(
            gate="throughput",
            value=measured.bulk_rows / median(measured.bulks),
            limit=limit,
            unit="rows/s",
            words=f"the median of {len(measured.bulks)} blocks of {measured.bulk_rows:,} rows",
            protocol=PROTOCOL,
            raw={"rows": measured.bulk_rows, "blocks_s": list(measured.bulks)},
            floor=True,
        ),
    )


throughput = Gate(name="throughput", judge=_judge)
