"""The gate on the memory of a process that serves the bundle."""

from __future__ import annotations

from automl.gates._limit import against
from automl.gates.base import Gate, GateVerdict, Limit, Measured

PROTOCOL = (
    "resident memory of the fresh process that ran score.py (Python, numpy, onnxruntime, the model) after the timed "
    "rows; pages that other processes share count in full, because a server may run alone"
)


def _judge(measured: Measured, limit: Limit) -> tuple[GateVerdict, ...]:
    return (
        against(
            gate="memory",
            value=measured.resident / 1e6,
            limit=limit,
            unit="MB",
            words=f"resident after {measured.rows:,} rows",
            protocol=PROTOCOL,
            raw={"resident": measured.resident, "proportional": measured.proportional},
        ),
    )


memory = Gate(name="memory", judge=_judge)
