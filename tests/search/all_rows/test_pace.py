"""Reading ends in its time, on a clock that only it advances: with fewer rows, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.data.unread_rows import Chunk
from automl.search.all_rows.pace import FITTED, Late, Pace, Phases, phases

PARTS = 50
EMPTY = np.empty(0)
CHUNK = Chunk(frame=pl.DataFrame(), y=EMPTY, weight=None, held=EMPTY.astype(bool), turn=EMPTY.astype(np.uint32))


@dataclass(slots=True)
class Reader:
    """Chunks of equal size, each of which takes so many seconds to come, and `a_share` to write at a share of 1."""

    reading: float
    a_share: float
    now: float = 100.0
    taken: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def chunks(self) -> Iterator[Chunk]:
        for part in range(PARTS):
            self.now += self.reading
            yield replace(CHUNK, seen=(part + 1) / PARTS)

    def read(self, pace: Pace) -> None:
        for _ in pace.over(self.chunks()):
            self.taken.append(pace.share)
            self.now += pace.share * self.a_share


def pace_of(reader: Reader, until: Phases, *, stopped: bool = False) -> Pace:
    return Pace(share=1.0, least=0.2, clock=reader.clock, phases=until, stopped=lambda: stopped)


UNTIL = phases(100.0, 200.0)


def test_each_phase_ends_before_the_next() -> None:
    """R10: what comes after the members begins at the end of the last one."""
    assert 100.0 < UNTIL.reading < UNTIL.read < UNTIL.fitted < UNTIL.end == 200.0
    assert phases(0.0, 10.0).fitted == pytest.approx(FITTED * 10.0)


def test_with_time_for_all_rows_all_are_taken() -> None:
    """Nothing is left out where the whole of it fits."""
    reader = Reader(reading=0.3, a_share=0.5)
    pace = pace_of(reader, UNTIL)
    reader.read(pace)
    assert (pace.share, len(reader.taken)) == (1.0, PARTS)


def test_slow_rows_are_fewer_rows() -> None:
    """R10: 25 of 50 s go into reading, so what is written must take no more than the rest: about a half of it."""
    reader = Reader(reading=0.5, a_share=1.0)
    pace = pace_of(reader, UNTIL)
    reader.read(pace)
    assert 0.4 < pace.share < 0.6
    assert reader.now <= UNTIL.read
    assert reader.taken == sorted(reader.taken, reverse=True)


def test_rows_that_judge_come_with_any_share() -> None:
    """R10: where half of the rows judge, fewer others spare only their own time, and are no fewer for that."""
    reader = Reader(reading=0.0, a_share=0.0)
    pace = pace_of(reader, UNTIL)

    def chunks() -> Iterator[Chunk]:
        for part in range(PARTS):
            held = np.arange(100 + int(100 * pace.share)) < 100
            yield replace(CHUNK, held=held, seen=(part + 1) / PARTS)

    for chunk in pace.over(chunks()):
        reader.now += 0.006 * len(chunk.held)
    assert 0.6 < pace.share < 0.7
    assert reader.now == pytest.approx(UNTIL.reading, abs=1.0)


def test_what_cannot_end_is_given_up_at_once() -> None:
    """R10: the first twentieth shows that reading alone takes ten times too long; its time is left to what comes."""
    reader = Reader(reading=10.0, a_share=0.0)
    with pytest.raises(Late, match="no time to read them again"):
        reader.read(pace_of(reader, UNTIL))
    assert reader.now == 130.0


def test_a_stopped_fit_reads_no_further() -> None:
    """R11: the reason is the signal, not the time."""
    reader = Reader(reading=0.1, a_share=0.1)
    with pytest.raises(Late, match="the fit was stopped"):
        reader.read(pace_of(reader, UNTIL, stopped=True))
    assert len(reader.taken) == 1


@given(reading=some.floats(0.0, 20.0), a_share=some.floats(0.0, 20.0))
def test_reading_never_takes_the_time_of_fits(reading: float, a_share: float) -> None:
    """R10: whatever a chunk takes, reading ends no later than its last moment and the chunk that is under way then."""
    reader = Reader(reading=reading, a_share=a_share)
    pace = pace_of(reader, UNTIL)
    try:
        reader.read(pace)
        assert pace.share >= pace.least
    except Late:
        assert reader.now + PARTS * (reading + a_share) > UNTIL.reading
    assert reader.now <= UNTIL.read + reading + a_share
