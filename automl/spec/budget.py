"""[budget]: what the search may spend."""

from __future__ import annotations

import os

from pydantic import Field

from automl.spec.base import Section
from automl.spec.units import Duration, Size


def default_workers() -> int:
    """Two, or the one core there is."""
    return min(2, os.cpu_count() or 1)


class Budget(Section):
    """`time` covers everything from the first import to the written bundle, in seconds; `memory` in bytes."""

    time: Duration = 600.0
    memory: Size = 8_000_000_000
    workers: int = Field(default_factory=default_workers, ge=1, le=1024)
    trials: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**32)
    executor: str = "local"
