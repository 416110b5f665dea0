"""[limits]: what the finished bundle may cost to run; each is a gate and never relaxed in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, FiniteFloat

from automl.spec.base import ColumnName, Section, read_list
from automl.spec.units import Duration, Share, Size, Throughput


class Fairness(Section):
    """The largest `gap` of `metric` between the groups of `column`."""

    column: ColumnName
    """The column whose values are the groups."""
    metric: str
    """The metric that is compared."""
    gap: Share
    """The largest difference between two groups."""


class Limits(Section):
    """Times in seconds, sizes in bytes, throughput in rows a second; None sets no limit."""

    latency_p99: Duration | None = None
    """99 of 100 single raw rows are answered within this time, from a dict to the decision, on one thread."""
    memory: Size | None = None
    """Resident memory of a process that has run `score.py` on 2,000 rows."""
    size: Size | None = None
    """Bytes of the files that scoring reads."""
    latency_p50: Duration | None = None
    """Half of the single raw rows are answered within this time."""
    cold_start: Duration | None = None
    """Time from the start of a process to its first answer."""
    throughput: Throughput | None = None
    """Rows that are scored in a second, in bulk."""
    scores: Mapping[str, FiniteFloat] = Field(default_factory=dict)
    """A floor for each metric on the test part; for a loss, a ceiling."""
    monotone: Mapping[ColumnName, Literal["increasing", "decreasing"]] = Field(default_factory=dict)
    """Columns whose rise may only raise, or only lower, the prediction."""
    fairness: Annotated[tuple[Fairness, ...], BeforeValidator(read_list)] = ()
    """Gaps between groups that must not be exceeded."""
    custom: Mapping[str, FiniteFloat] | None = None
    """Limits by the names of gates that are no keys above: those of other packages, each in the gate's own unit."""

    def of(self, gate: str) -> float | Mapping[str, object] | tuple[object, ...] | None:
        """What is asked of the gate called `gate`, by a key of its own or under `custom`; None if nothing is."""
        own = gate in type(self).model_fields
        found: float | Mapping[str, object] | tuple[object, ...] | None = getattr(self, gate) if own else None
        return found if own or self.custom is None else self.custom.get(gate)
