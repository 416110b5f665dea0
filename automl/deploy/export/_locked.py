"""What scoring needs, file by file with hashes, as `make lock` wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

LOCK = Path(__file__).with_name("scoring.lock")
ENTRY = re.compile(r"(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;]+)")
MARKER = re.compile(r" ;[^\\\n]*(?= \\)")
FRAMES = "polars"  # with what it brings: for several tables only


def locked_requirements(versions: Mapping[str, str]) -> str | None:
    """Requirements with hashes for these versions by package, and for all that they need.

    None where the lock has another version of one of them: what was judged is what is to run.
    """
    entries = _entries(LOCK.read_text(encoding="utf-8"))
    kept = [entry for entry in entries if entry[0] not in versions or versions[entry[0]] == entry[1]]
    if not set(versions) <= {name for name, _, _ in kept}:
        return None
    return "".join(
        MARKER.sub("", text) if name in versions else text  # for whatever Python: it is the one that judged
        for name, _, text in kept
        if FRAMES in versions or not name.startswith(FRAMES)
    )


def _entries(lock: str) -> list[tuple[str, str, str]]:
    """Name, version and the lines of each entry."""
    blocks = re.split(r"(?m)^(?=\S)", lock)
    found = [(ENTRY.match(block), block) for block in blocks]
    return [(entry["name"], entry["version"], block) for entry, block in found if entry]
