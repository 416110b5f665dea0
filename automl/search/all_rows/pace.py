"""How the time for all rows is parted: each phase ends by a moment of its own, with fewer rows where it must."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from automl.data.unread_rows import Chunk

READING, READ = 0.5, 0.6  # of the time: where reading is planned to end, and where it is given up
FITTED = 0.9  # of the time: where the last fit ends
SHOWN = 0.05  # of all rows, from which on it is seen how long the others take


class Late(Exception):
    """There is no time for what is under way; the message says why nothing learned from all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Moments on a clock (seconds): `reading` should end, is `read` at the latest; `fitted`, and the `end` of judging.

    What follows the members begins at the end.
    """

    reading: float
    read: float
    fitted: float
    end: float


FOREVER = Phases(reading=math.inf, read=math.inf, fitted=math.inf, end=math.inf)


def phases(now: float, end: float) -> Phases:
    """The time from `now` to the `end` in parts."""
    reading, read, fitted = (now + part * (end - now) for part in (READING, READ, FITTED))
    return Phases(reading=reading, read=read, fitted=fitted, end=end)


@dataclass(slots=True, kw_only=True)
class Pace:
    """Reading within its phase: where a `share` of all rows takes longer, fewer of them are taken from there on.

    `least` is the share below which nothing is gained.
    """

    share: float
    least: float
    clock: Callable[[], float]
    phases: Phases
    stopped: Callable[[], bool]

    def over(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks. What the caller does with one counts by its rows: those that judge come with any share.

        Raises Late where not even the least share can be read in time.
        """
        seen = taken = reading = writing = 0.0
        begun = self.clock()
        for chunk in chunks:
            came, share = self.clock(), self.share
            yield chunk
            done = self.clock()
            judging = (done - came) * _judging(chunk)
            reading, writing = reading + came - begun + judging, writing + done - came - judging
            taken += share * (chunk.seen - seen)
            begun, seen = done, chunk.seen
            self.check()
            if seen >= SHOWN:
                self._fit(done, reading=(1 - seen) * reading / seen, a_share=(1 - seen) * writing / max(taken, 1e-9))

    def check(self) -> None:
        """Raises Late where reading has no more time, or the fit was stopped."""
        if self.stopped():
            raise Late("the fit was stopped")
        if self.clock() > self.phases.read:
            raise Late("there was no time to read them again")

    def _fit(self, now: float, *, reading: float, a_share: float) -> None:
        """Take as many of the other rows as there is time for: `reading` and `a_share` are the seconds they take."""
        if now + reading + self.least * a_share > self.phases.read:
            raise Late("there was no time to read them again")
        if now + reading + self.share * a_share > self.phases.reading:
            fits = (self.phases.reading - now - reading) / max(a_share, 1e-9)
            self.share = min(self.share, max(self.least, fits))


def _judging(chunk: Chunk) -> float:
    """The share of its rows that judge."""
    return float(chunk.held.mean()) if chunk.held.size else 0.0
