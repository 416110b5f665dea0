"""What a gate is: it measures the finished bundle against one limit of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from automl.registry import Registry

Limit = float | Mapping[str, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """A refusal is data: `measured` beside `limit` in `unit`, and how it was measured.

    `limit` is None where the spec sets none: then the figure is reported only and `ok` is True.
    """

    gate: str
    ok: bool
    measured: float
    limit: float | None
    unit: str
    reason: str
    protocol: str
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The one run of a fresh process that all gates share: times in seconds, memory in bytes.

    `blocks` are the times of single raw rows by block [block][row]; `asked` is how many rows were wanted, fewer
    were measured where time ran out. `resident` is all memory of the process, `proportional` the same with pages
    shared with other processes divided by their number (None where the system does not tell).
    """

    folder: Path
    blocks: tuple[tuple[float, ...], ...]
    asked: int
    start: float
    resident: int
    proportional: int | None
    threads: int | None
    seconds: float

    @property
    def rows(self) -> int:
        """Rows that were timed."""
        return sum(len(block) for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The plugin: `judge(measured, limit)` gives one verdict, or one for each entry of a limit that is a table.

    `name` is the key under ``[limits]``; the limit comes in the spec's units: seconds, bytes.
    """

    name: str
    judge: Callable[[Measured, Limit], tuple[GateVerdict, ...]]


gates = Registry("automl.gates", Gate, "limit")
