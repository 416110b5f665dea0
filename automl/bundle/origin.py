"""Where an open bundle came from: what it takes to open it again elsewhere, and which process may use it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from automl.bundle.archive import Scratch
from automl.errors import MachineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The bundle's place (a folder or a zip), the `process` that opened it, and the tables it was given.

    `scratch` keeps the content of a zip for as long as the bundle lives.
    """

    path: Path
    process: int
    scratch: Scratch | None = None
    tables: Mapping[str, object] | None = None

    @classmethod
    def here(cls, path: Path, scratch: Scratch | None) -> Origin:
        """Of a bundle that this process opens."""
        return cls(path=path.absolute(), process=os.getpid(), scratch=scratch)

    def check_process(self) -> None:
        """Raise `MachineError` in a fork of the process that opened the bundle: polars would wait there for ever."""
        if os.getpid() != self.process:
            raise MachineError(
                "this process is a fork of the one that opened the bundle, without the threads that read frames",
                where=str(self.path),
                hint="Start workers by spawn (multiprocessing.get_context('spawn')); a bundle may be handed to them.",
            )
