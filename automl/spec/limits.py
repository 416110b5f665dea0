"""[limits]: what the finished bundle may cost to run; each is a gate and never relaxed in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, FiniteFloat

from automl.spec.base import Section, read_list
from automl.spec.units import Duration, Share, Size, Throughput


class Fairness(Section):
    """The largest `gap` of `metric` between the groups of `column`."""

    column: str
    metric: str
    gap: Share


class Limits(Section):
    """Times in seconds, sizes in bytes, throughput in rows a second; None sets no limit."""

    latency_p99: Duration | None = None
    memory: Size | None = None
    size: Size | None = None
    latency_p50: Duration | None = None
    cold_start: Duration | None = None
    throughput: Throughput | None = None
    scores: Mapping[str, FiniteFloat] = Field(default_factory=dict)
    monotone: Mapping[str, Literal["increasing", "decreasing"]] = Field(default_factory=dict)
    fairness: Annotated[tuple[Fairness, ...], BeforeValidator(read_list)] = ()
