"""What the first signal asks, what the second one does, and whose handlers are left alone."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress

import pytest

from automl.errors import Stopped
from automl.stop_request import StopRequest, listening

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", BOTH)
def test_before_anything_stands(number: signal.Signals) -> None:
    """S10: the first signal raises where the program is, with the signal's exit code and how to go on."""
    with listening(), pytest.raises(Stopped, match="--resume") as caught:
        signal.raise_signal(number)
    assert caught.value.exit_code == 128 + number


@pytest.mark.parametrize("number", BOTH)
def test_once_something_stands(number: signal.Signals) -> None:
    """S10: the first signal is only noted; the second raises; while the run cleans up a third does nothing."""
    with listening() as stop:
        stop.stands = True
        assert not stop.asked()
        signal.raise_signal(number)
        assert stop.asked()
        with pytest.raises(Stopped):
            signal.raise_signal(number)
        signal.raise_signal(number)


def test_what_is_lost_is_raised_again() -> None:
    """A library or a job that catches every error does not swallow the end: whoever asks next gets it."""
    with listening() as stop:
        with suppress(Exception):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Stopped):
            stop.asked()


def test_words() -> None:
    """The end says which signal stopped the run and what was left out, and nothing where none came."""
    stop = StopRequest(stands=True)
    assert stop.words is None
    stop.receive(signal.SIGINT)
    assert stop.words == "stopped by SIGINT, with nothing left out"
    stop.left_out += ["further trials", "lighter models"]
    assert stop.words == "stopped by SIGINT, without further trials, lighter models"


def test_handlers_of_others_are_left_alone() -> None:
    """An application's own handler, and a signal that is ignored, stay; the usual ones come back afterwards."""
    before = signal.getsignal(signal.SIGINT)
    heard: list[int] = []
    own = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with listening() as stop:
            signal.raise_signal(signal.SIGTERM)
            assert not stop.asked()
            assert signal.getsignal(signal.SIGINT) != before
    finally:
        signal.signal(signal.SIGTERM, own)
    assert heard == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_do_not_listen() -> None:
    """A fit in a thread leaves signals to the main thread, which alone may handle them."""
    found: list[StopRequest] = []

    def run() -> None:
        with listening() as stop:
            found.append(stop)

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(found) == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_the_listener_stops_as_a_first_signal_does() -> None:
    """S10: noted once something stands, however often it is said; before, or with a signal after it, it raises."""
    stop = StopRequest(stands=True)
    stop.tell()
    stop.tell()
    assert stop.asked()
    assert stop.words == "stopped by the listener, with nothing left out"
    with pytest.raises(Stopped):
        stop.receive(signal.SIGTERM)
    with pytest.raises(Stopped, match="by the listener"):
        StopRequest().tell()
