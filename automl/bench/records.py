"""Records of benchmark runs: appended one JSON document a line, read again, and shown as a table in Markdown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


def append(path: Path, record: Record) -> None:
    """Add one record at once, synced: a benchmark that is stopped goes on where it was.

    What a killed run left of its last line is cut off first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(record, sort_keys=True).encode() + b"\n"
    with path.open("ab+") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[dict[str, Any]]:
    """The records so far, none if there is no file; a torn last line is as if it never was."""
    if not path.is_file():
        return []
    *whole, _torn = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in whole]


def origin(records: Sequence[Record], command: str) -> str:
    """The line below a table's title: the command, the day of the last run, the versions then."""
    newest = max(records, key=lambda record: str(record["date"]))
    versions = ", ".join(f"{name} {version}" for name, version in newest.get("versions", {}).items())
    return f"`{command}`, last run {newest['date'][:10]}. {versions}.".replace(". .", ".")


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table, line by line."""
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"
