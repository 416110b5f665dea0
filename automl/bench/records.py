"""Records of benchmark runs: appended one JSON document a line, read again, and shown as a table in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]


def append(path: Path, record: Record) -> None:
    """Add one record at once: a benchmark that is stopped goes on where it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """The records so far, none if there is no file."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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
