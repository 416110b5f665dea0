"""What a gate is: it measures the finished bundle against one limit of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
class Gate:
    """The plugin: `measure(staged bundle, limit)`. `name` is the key under ``[limits]``."""

    name: str
    unit: str
    measure: Callable[[Path, float | None], GateVerdict]
