"""What is written aside has an owner in its name: two processes never write one file, and the dead leave none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from automl.host.processes import runs


def own_name(path: Path, ending: str) -> Path:
    """A name beside `path` that no other process of this machine writes to: ``.NAME.PID.ENDING``."""
    return path.with_name(f".{path.name}.{os.getpid()}.{ending}")


def dead_names(path: Path, ending: str) -> Iterator[Path]:
    """What processes that died have left beside `path` under such names, as far as its folder can be listed."""
    head, tail = f".{path.name}.", f".{ending}"
    entries: list[Path] = []
    with suppress(OSError):
        entries = list(path.parent.iterdir())
    for entry in entries:
        number = entry.name.removeprefix(head).removesuffix(tail)
        if entry.name == f"{head}{number}{tail}" and number.isdecimal() and not runs(int(number)):
            yield entry
