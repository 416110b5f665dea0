"""A disk for tests, whose call fails where it is told to: the old state or the whole new one must stand then."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from automl import disk

CALLS: Final = tuple(name for name in vars(disk.System) if not name.startswith("_"))
NEEDS_ROOM: Final = {"open", "write", "sync", "rename", "exchange", "make_folder", "make_scratch", "link"}


class Watched(disk.System):
    """A disk that asks `around` before each of its calls, which makes it or not."""

    def around(self, name: str, call: Callable[[], Any], *arguments: Any) -> Any:
        """What the call gives."""
        raise NotImplementedError


def _watched(name: str) -> Callable[..., Any]:
    real = getattr(disk.System, name)
    return lambda self, *given: self.around(name, lambda: real(self, *given), *given)


for _name in CALLS:
    setattr(Watched, _name, _watched(_name))


@contextmanager
def using(system: disk.System) -> Iterator[None]:
    """Let the engine write through `system` for a block."""
    before, disk.system = disk.system, system
    try:
        yield
    finally:
        disk.system = before


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Call number `at` fails with the error `number`; where it is `lasting`, so do later ones that need room."""

    at: int
    number: int
    lasting: bool = False

    def __str__(self) -> str:
        return f"{errno.errorcode[self.number]} at call {self.at}{' and from then on' if self.lasting else ''}"


class Faulty(Watched):
    """A disk with a fault. A write that fails has taken half of what it was given, a removed folder has lost half."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault
        self.calls: list[str] = []

    def around(self, name: str, call: Callable[[], Any], *arguments: Any) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        fault = self.fault
        if fault is None or not (number == fault.at or (fault.lasting and number > fault.at and name in NEEDS_ROOM)):
            return call()
        if name == "exchange":
            return False  # as where the kernel has no such call
        if name == "write":
            handle, content = arguments
            os.write(handle, bytes(content)[: len(bytes(content)) // 2])
        if name == "remove_folder":
            files = sorted(path for path in arguments[0].rglob("*") if not path.is_dir())
            for path in files[: len(files) // 2]:
                path.unlink()
        raise OSError(fault.number, os.strerror(fault.number))
