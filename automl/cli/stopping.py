"""Signals, as an error of the family: a run that is stopped ends tidily."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from automl.errors import Stopped


@contextmanager
def stopping(command: str, *, again: str | None = None) -> Iterator[None]:
    """Ctrl-C and SIGTERM become `Stopped` where the program stands, so that a run of `command` ends tidily (S10).

    `again` is what to do afterwards, where it is not to run it with --resume.
    """
    hint = again or f"`{command}` with --resume goes on from here"

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature is Python's
        raise Stopped(number, hint=hint)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
