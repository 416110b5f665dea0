"""A process that ends at one of its calls of the disk: before it happens, or right after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from automl import disk


class Killed(BaseException):
    """The end of a process, in a place where nothing of it goes on."""


class Mortal(disk.System):
    """Ends at its `call`-th rename, or at whatever else goes through `calls`."""

    def __init__(self, call: int, *, after: bool) -> None:
        self.left, self.after = call, after

    def calls(self, call: Callable[..., object], *arguments: object) -> None:
        """A call, unless the end comes before it."""
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        call(*arguments)
        if self.left == 0:
            raise Killed

    def rename(self, old: Path, new: Path) -> None:
        """As the system does."""
        self.calls(super().rename, old, new)


def outlives(do: Callable[[], object]) -> bool:
    """Whether what is done ends before its process does."""
    try:
        do()
    except Killed:
        return False
    return True
