"""How a stop comes from the listener, and how a refusal of what was stopped says so: more time may change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from automl.errors import LimitRefusal, VerdictRefusal
from automl.progress import Event, Listener
from automl.stop_request import RESUME, StopRequest


def heeding(listener: Listener, stop: StopRequest) -> Listener:
    """The listener, whose "stop" ends the run as a first signal does."""

    def listen(event: Event) -> None:
        if listener(event) == "stop":
            stop.tell()

    return listen


@contextmanager
def refusing(stop: StopRequest) -> Iterator[None]:
    """Add to a refusal that leaves the block that the run was stopped, what was left out, and how it goes on."""
    try:
        yield
    except (LimitRefusal, VerdictRefusal) as refused:
        if stop.words:
            refused.hint = "\n".join(filter(None, [refused.hint, f"The fit was {stop.words}: {RESUME}."]))
        raise
