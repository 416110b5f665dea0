"""A journal survives whatever ends its writer."""

from __future__ import annotations

from pathlib import Path

from automl.bench.records import append, read


def test_a_torn_last_line_is_as_if_it_never_was(tmp_path: Path) -> None:
    """A record that a kill cut off is not read, and the next one does not begin in its middle."""
    path = tmp_path / "deep" / "journal.jsonl"
    append(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2, "tor')
    assert read(path) == [{"a": 1}]
    append(path, {"a": 3})
    assert read(path) == [{"a": 1}, {"a": 3}]


def test_without_a_file_there_are_no_records(tmp_path: Path) -> None:
    """A run that never began has nothing."""
    assert read(tmp_path / "journal.jsonl") == []
