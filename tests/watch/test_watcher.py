"""A watch goes on when the store is away for a while or a clock jumps, and looks with the bundle that lies there."""

from __future__ import annotations

from functools import partial

import pytest

from automl.errors import BundleError, SpecError
from automl.watch.watcher import NAP, keep_looking, look_at

DAY = 86_400.0


class Clock:
    """A clock that goes on while somebody sleeps, and may jump then."""

    def __init__(self, *jumps):
        self.now, self.slept, self.jumps = 1e9, 0.0, list(jumps)
        self.looks, self.waits = [], []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds + (self.jumps.pop(0) if self.jumps else 0.0)
        self.slept += seconds

    def look(self, *, takes=0.0, errors=()):
        """Looks that take so long, and fail where an error stands."""
        left = list(errors)

        def one():
            self.looks.append(self.now)
            self.waits.append(self.slept)
            self.now += takes
            if left and (error := left.pop(0)):
                raise error
            return f"look {len(self.looks)}"

        return one


def keep(clock, one_look, turns, every="1d"):
    """What was told, and what was complained of."""
    told, complaints = [], []
    keep_looking(
        one_look,
        every,
        tell=told.append,
        complain=complaints.append,
        sleep=clock.sleep,
        clock=clock,
        turns=iter(range(turns)),
    )
    return told, complaints


def test_a_dead_database_is_asked_again(bundle, monkeypatch) -> None:
    """What the machine refuses ends no watch."""
    monkeypatch.setenv("WATCH_URL", "postgresql://a:b@127.0.0.1:1/c")
    clock = Clock()
    told, complaints = keep(clock, partial(look_at, "env:WATCH_URL", bundle), 2)
    assert (len(told), len(complaints)) == (0, 2)
    assert clock.slept == 120.0


def test_looks_begin_on_time() -> None:
    """Every so often by the clock, however long a look takes; one that takes longer is followed at once."""
    clock = Clock()
    keep(clock, clock.look(takes=7_200.0), 3)
    assert [at - clock.looks[0] for at in clock.looks] == [0.0, DAY, 2 * DAY]
    clock = Clock()
    keep(clock, clock.look(takes=2 * DAY), 2)
    assert clock.looks[1] - clock.looks[0] == 2 * DAY


def test_a_clock_that_jumps() -> None:
    """Forwards (a machine that slept) the look comes within a nap; backwards nobody waits for longer than `every`."""
    forwards = Clock(3 * DAY)
    keep(forwards, forwards.look(), 2)
    assert forwards.waits[1] <= NAP
    backwards = Clock(-300 * DAY)
    keep(backwards, backwards.look(), 2)
    assert backwards.waits[1] <= DAY + NAP


def test_a_bundle_that_is_swapped() -> None:
    """What fails once is told and tried again; what fails at the first look is an error of who began it."""
    gone = BundleError("there is no bundle")
    clock = Clock()
    told, complaints = keep(clock, clock.look(errors=[None, gone]), 3)
    assert told == ["look 1", "look 3"]
    assert complaints == [f"automl: {gone}"]
    with pytest.raises(BundleError):
        keep(clock, clock.look(errors=[gone]), 3)


def test_a_time_that_is_none() -> None:
    """The option is named."""
    with pytest.raises(SpecError, match="--every"):
        keep(Clock(), print, 1, every="daily")
