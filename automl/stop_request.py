"""A stop that was asked for, as one value: a signal sets it, and the phases of a run ask it what to leave out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from automl.errors import Stopped

RESUME = "`automl fit` with --resume goes on from here"
_Handler = Callable[[int, FrameType | None], object] | signal.Handlers
DEFAULTS: dict[signal.Signals, _Handler] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


@dataclass(slots=True, kw_only=True)
class StopRequest:
    """What signals ask of a run (S10).

    Before anything `stands` that could ship, the first signal raises `Stopped` where the program is. From then on the
    first is noted and the run ends with what it has; the second raises. `left_out` is what was not done for it.
    """

    number: int | None = None  # of the last signal that counts
    stands: bool = False  # a candidate has a score
    now: bool = False  # `Stopped` was raised
    left_out: list[str] = field(default_factory=list)

    def receive(self, number: int, frame: FrameType | None = None) -> None:
        """Take in a signal; it is a handler as `signal.signal` wants it. While a run cleans up, further ones wait."""
        del frame
        if self.now:
            return
        self.now = self.number is not None or not self.stands
        self.number = number
        self.asked()

    def asked(self) -> bool:
        """Whether a stop was asked for. Raises `Stopped` where it is to be at once.

        Who catches every error may have lost the one that `receive` raised, a job in this process or a library's own
        handling of signals: so it is raised again here.
        """
        if self.now and self.number is not None:
            raise Stopped(self.number, hint=RESUME)
        return self.number is not None

    @property
    def words(self) -> str | None:
        """That a signal stopped the run and what was left out for it; None if none did."""
        if self.number is None:
            return None
        left_out = ", ".join(self.left_out)
        return f"{self.name}, {f'without {left_out}' if left_out else 'with nothing left out'}"

    @property
    def name(self) -> str:
        """Which signal it was, in words."""
        return "stopped" if self.number is None else f"stopped by {signal.Signals(self.number).name}"


@contextmanager
def listening() -> Iterator[StopRequest]:
    """A request that Ctrl-C and SIGTERM reach while the block runs.

    Handlers of an application are left alone, and so is a signal that is ignored. Only the main thread can listen.
    """
    request = StopRequest()
    main = threading.current_thread() is threading.main_thread()
    ours = [number for number, usual in DEFAULTS.items() if main and signal.getsignal(number) is usual]
    for number in ours:
        signal.signal(number, request.receive)
    try:
        yield request
    finally:
        for number in ours:
            signal.signal(number, DEFAULTS[number])
