"""Who is gone is seen by the observer's own clock."""

from __future__ import annotations

import re
from pathlib import Path

from automl.deploy.distributed.heartbeat import Observer, beating, new_name


def test_a_worker_is_gone_when_its_file_stands_still(tmp_path: Path) -> None:
    """R09: only the observer's monotonic clock counts, from the last change that it saw."""
    now = [1000.0]
    observer = Observer(tmp_path, 30.0, lambda: now[0])
    (tmp_path / "a").write_text("1")
    assert not observer.is_gone("a")
    now[0] += 29.9
    assert not observer.is_gone("a")
    (tmp_path / "a").write_text("2")
    now[0] += 3600.0  # the observer itself stood still
    assert not observer.is_gone("a")
    now[0] += 30.0
    assert observer.is_gone("a")


def test_a_worker_without_a_file_is_gone_after_the_same_time(tmp_path: Path) -> None:
    """It may have ended well, and its lease was lost."""
    now = [0.0]
    observer = Observer(tmp_path, 5.0, lambda: now[0])
    assert not observer.is_gone("a")
    now[0] = 5.0
    assert observer.is_gone("a")


def test_a_beat_changes_the_file_until_the_block_ends(tmp_path: Path) -> None:
    """Others see a change; afterwards nothing is left."""
    path = tmp_path / "a"
    with beating(path, 0.06):
        seen = {path.read_bytes()}
        while len(seen - {b""}) < 3:
            seen.add(path.read_bytes())
    assert not path.exists()


def test_each_worker_has_a_name_of_its_own() -> None:
    """It fits into the name of a file, and behind dots."""
    names = {new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name in names)
