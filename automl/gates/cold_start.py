"""The gate on how long a fresh process takes to its first answer: what a function that scales to nothing pays."""

from __future__ import annotations

from statistics import median

from automl.gates._limit import against
from automl.gates.base import Gate, GateVerdict, Limit, Measured

PROTOCOL = (
    "seconds from the start of a fresh Python process to the first answer of score.py: the interpreter, numpy and "
    "onnxruntime loaded, the bundle's hashes checked, the graph opened, one golden row decided; one thread, the files "
    "still in the memory of the system; the median of several processes where there is a limit"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    if not measured.colds:
        return ()
    words = "one start" if len(measured.colds) == 1 else f"the median of {len(measured.colds)} starts"
    return (
        against(
            gate="cold_start",
            value=median(measured.colds),
            limit=limit,
            unit="s",
            words=words,
            protocol=PROTOCOL,
            raw={"starts_s": list(measured.colds), "scorer_s": measured.start},
        ),
    )


cold_start = Gate(name="cold_start", judge=_judge)
