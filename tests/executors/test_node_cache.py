"""Files of other machines: each once, whole, under a quota."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from automl.errors import MachineError
from automl.executors import node_cache
from automl.executors.node_cache import NodeCache


def add(cache: NodeCache, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    cache.add(digest, (content[:3], content[3:]))
    return digest


def test_a_file_is_there_under_the_name_that_a_job_asks_for(tmp_path: Path) -> None:
    """It came in parts; what was never given is not there."""
    cache = NodeCache(tmp_path)
    digest = add(cache, b"matrix")
    assert cache.link(digest, tmp_path / "job" / "run" / "base.npy")
    assert (tmp_path / "job" / "run" / "base.npy").read_bytes() == b"matrix"
    assert not cache.link("0" * 64, tmp_path / "job" / "other.npy")


def test_beyond_the_quota_the_oldest_goes_and_jobs_keep_theirs(tmp_path: Path) -> None:
    """What was used last stays; a job under way does not lose a file that is let go."""
    (tmp_path / "cache").mkdir()
    cache = NodeCache(tmp_path / "cache", quota=25)
    old, used = add(cache, b"a" * 10), add(cache, b"b" * 10)
    for digest, moment in ((old, 1.0), (used, 2.0)):
        assert cache.link(digest, tmp_path / digest)
        os.utime(cache.folder / digest, (moment, moment))
    newest = add(cache, b"c" * 10)
    assert {path.name for path in cache.folder.iterdir()} == {used, newest}
    assert (tmp_path / old).read_bytes() == b"a" * 10


def test_a_damaged_file_is_not_taken(tmp_path: Path) -> None:
    """What is not what its hash says leaves nothing behind."""
    with pytest.raises(MachineError, match="arrived damaged"):
        NodeCache(tmp_path).add("0" * 64, (b"other",))
    assert not list(tmp_path.iterdir())


def test_nobody_else_can_take_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link or a folder of another user where the cache should be is refused; the own one is for the user alone."""
    monkeypatch.setattr(node_cache.tempfile, "gettempdir", lambda: str(tmp_path))
    cache = NodeCache.usual()
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert cache.quota > 0
    cache.folder.rmdir()
    cache.folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(MachineError):
        NodeCache.usual()
