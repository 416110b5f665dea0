"""Bytes that wait in memory which another process reads, too: who adds copies them, and need not keep or send them.

Bytes that live on until a batch is due cost the requests after them cold memory, and holes where they were.
"""

from __future__ import annotations

import mmap
import os

from automl.host.files import nameless

SIZE = 8 * 2**20  # bytes: some seconds of what a worker can answer


class Ring:
    """One adds, one reads and then says up to where it has. Places are bytes from the start of all, and only grow."""

    def __init__(self, file: int | None = None, size: int = SIZE) -> None:
        """A new ring, or that of an open file."""
        self.file = nameless(size) if file is None else file
        self._memory = mmap.mmap(self.file, 0)
        self._size = len(self._memory)
        self.put = self.taken = 0  # the first is changed by who adds alone, the second by who reads alone

    def add(self, text: bytes) -> int:
        """Add it whole, and say how much waits now; 0 where there is no room. In one piece: see `Recorder.add`."""
        waiting = self.put - self.taken + len(text)
        if waiting > self._size:
            return 0
        at = self.put % self._size
        end = at + len(text)
        if end <= self._size:
            self._memory[at:end] = text
        else:
            left = self._size - at
            self._memory[at:], self._memory[: end - self._size] = text[:left], text[left:]
        self.put += len(text)  # last: nobody reads what is not there yet
        return waiting

    def between(self, first: int, end: int) -> bytes:
        """All from one place to another: what nobody has `taken`."""
        at = first % self._size
        rest = at + end - first - self._size
        return self._memory[at : at + end - first] if rest <= 0 else self._memory[at:] + self._memory[:rest]

    def close(self) -> None:
        """Give the memory back, once whoever reads has, too."""
        self._memory.close()
        os.close(self.file)
