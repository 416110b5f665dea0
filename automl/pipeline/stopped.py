"""A refusal of what a signal has stopped says so: more time may make what is refused worth its while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from automl.errors import LimitRefusal, VerdictRefusal
from automl.stop_request import RESUME, StopRequest


@contextmanager
def refusing(stop: StopRequest) -> Iterator[None]:
    """Add to a refusal that leaves the block that the run was stopped, what was left out, and how it goes on."""
    try:
        yield
    except (LimitRefusal, VerdictRefusal) as refused:
        if stop.words:
            refused.hint = "\n".join(filter(None, [refused.hint, f"The fit was {stop.words}: {RESUME}."]))
        raise
