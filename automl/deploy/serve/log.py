"""Structured logs: one JSON document a line, at a bounded rate, without any value of a user."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO

RATE = 50  # lines in a second; an attack is counted, not written down (V15)


class Log:
    """Writes events. Beyond `rate` lines a second they are counted, and the next line says how many."""

    def __init__(
        self,
        stream: IO[str],
        *,
        rate: int = RATE,
        clock: Callable[[], float] = time.time,
        **always: object,
    ) -> None:
        self._stream = stream
        self._rate = rate
        self._clock = clock
        self._always = always
        self._room, self._at, self._lost = float(rate), clock(), 0

    def __call__(self, level: str, event: str, **facts: object) -> None:
        """One line; control characters are escaped, so no value can forge another (S08)."""
        now = self._clock()
        self._room = min(float(self._rate), self._room + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._room < 1.0:
            self._lost += 1
            return
        self._room -= 1.0
        more = {"suppressed": self._lost} if self._lost else {}
        self._lost = 0
        when = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": level, "event": event, **self._always, **facts, **more}
        self._stream.write(json.dumps(line, default=str) + "\n")
        self._stream.flush()


class Bridge(logging.Handler):
    """What uvicorn has to say, in our form; of an error its kind, because its text may quote a request."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        facts = {"error": told(error)} if error is not None else {}
        self._log(record.levelname.lower(), "server", message=str(record.msg).splitlines()[0], **facts)


def bridge(log: Log) -> None:
    """Let the server's own words go through `log` alone."""
    for name in ("uvicorn.error", "uvicorn.access", "uvicorn", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [] if name == "uvicorn.access" else [Bridge(log)]
        logger.propagate = False
        logger.setLevel(logging.WARNING)


def told(error: BaseException) -> str:
    """The kind of an error and where it was raised; never its text, which may hold a value."""
    frame, place = error.__traceback__, ""
    while frame is not None:
        place = f" at {frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"{type(error).__name__}{place}"
