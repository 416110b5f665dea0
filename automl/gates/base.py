"""What a gate is: it measures the finished bundle against one limit of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.registry import Registry

Limit = float | Mapping[str, Any] | tuple[Any, ...] | None


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

    `walls` are the times of single raw rows in their order, `aside` by row the part of it in which the system ran
    other work instead. `asked` is how many rows were wanted; fewer were measured where time ran out. `resident` is
    all memory of the process, `proportional` the same with pages shared with other processes divided by their
    number (None where the system does not tell). `colds` are the times from the start of a fresh process to its first
    answer, `bulks` the seconds that each block of `bulk_rows` rows took in bulk; empty where they were not measured.
    """

    folder: Path
    walls: tuple[float, ...]
    aside: Mapping[int, float]
    asked: int
    start: float
    resident: int
    proportional: int | None
    threads: int | None
    seconds: float
    colds: tuple[float, ...] = ()
    bulks: tuple[float, ...] = ()
    bulk_rows: int = 0

    @property
    def rows(self) -> int:
        """Rows that were timed."""
        return len(self.walls)

    @property
    def times(self) -> tuple[float, ...]:
        """The times of the rows without the time put aside."""
        return tuple(wall - self.aside.get(row, 0.0) for row, wall in enumerate(self.walls))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The plugin: `judge(measured, limit)` gives one verdict, or one for each entry of a limit that is a table.

    `name` is the key under ``[limits]``; the limit comes in the spec's units: seconds, bytes.
    """

    name: str
    judge: Callable[[Measured, Limit], tuple[GateVerdict, ...]]


gates = Registry("automl.gates", Gate, "limit")
