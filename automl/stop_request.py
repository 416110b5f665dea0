"""A stop that was asked for, as one value: a signal or the listener sets it, the phases ask it what to leave out."""

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
    """What signals, and the listener, ask of a run (S10).

    Before anything `stands` that could ship, the first signal raises `Stopped` where the program is. From then on the
    first is noted and the run ends with what it has; the second raises. A listener's stop is as a first signal, however
    often it is said. `left_out` is what was not done for it.
    """

    number: int | None = None  # of the last signal that counts
    told: bool = False  # the listener said so
    stands: bool = False  # a candidate has a score
    now: bool = False  # `Stopped` was raised
    left_out: list[str] = field(default_factory=list)

    def receive(self, number: int, frame: FrameType | None = None) -> None:
        """Take in a signal; it is a handler as `signal.signal` wants it. While a run cleans up, further ones wait."""
        del frame
        if self.now:
            return
        self.now = self.noted or not self.stands
        self.number = number
        self.asked()

    def tell(self) -> None:
        """Take in that the listener wants the run to end."""
        if not self.noted:
            self.told, self.now = True, not self.stands
            self.asked()

    @property
    def noted(self) -> bool:
        """Whether a stop was asked for: what is still to do hurries."""
        return self.told or self.number is not None

    def asked(self) -> bool:
        """Whether a stop was asked for. Raises `Stopped` where it is to be at once.

        Who catches every error may have lost the one that `receive` raised, a job in this process or a library's own
        handling of signals: so it is raised again here.
        """
        if self.now:
            raise Stopped(self.number, hint=RESUME)
        return self.noted

    @property
    def words(self) -> str | None:
        """That the run was stopped, by what, and what was left out for it; None if it was not."""
        if not self.noted:
            return None
        left_out = ", ".join(self.left_out)
        return f"{self.name}, {f'without {left_out}' if left_out else 'with nothing left out'}"

    @property
    def name(self) -> str:
        """What stopped it, in words."""
        if self.number is not None:
            return f"stopped by {signal.Signals(self.number).name}"
        return "stopped by the listener" if self.told else "stopped"


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
