"""Files and folders by the kernel's way and by the plain one."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

from automl.host import files


def test_a_lock_is_one_process_s(tmp_path: Path) -> None:
    """R07: who asks second is refused until the first lets go."""
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    files.lock(first)
    with pytest.raises(BlockingIOError):
        files.lock(second)
    os.close(first)
    files.lock(second)
    os.close(second)


class Windows(ModuleType):
    """A stand-in for `msvcrt` that knows which byte is locked."""

    LK_NBLCK = 2
    taken: set[tuple[int, int]] = set()  # noqa: RUF012  # a new one for each test

    @classmethod
    def locking(cls, handle: int, mode: int, size: int) -> None:
        assert (mode, size) == (cls.LK_NBLCK, 1)
        byte = (os.fstat(handle).st_ino, os.lseek(handle, 0, os.SEEK_CUR))
        if byte in cls.taken:
            raise PermissionError(13, "Permission denied")
        cls.taken.add(byte)


def test_without_flock_a_byte_behind_the_end_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only `msvcrt` locks, the second is refused in the same words, and the file's content can be read."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", Windows("msvcrt"))
    (tmp_path / "lock").write_text("123")
    first, second = (os.open(tmp_path / "lock", os.O_RDWR) for _ in range(2))
    files.lock(first)
    with pytest.raises(BlockingIOError):
        files.lock(second)
    assert os.read(second, 10) == b"123"
    os.close(first)
    os.close(second)


def test_without_any_lock_work_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that locks nothing refuses nobody."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", None)
    handles = [os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2)]
    for handle in handles:
        files.lock(handle)
        os.close(handle)


def test_two_folders_change_places_or_the_answer_is_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the plain ways nothing is swapped and nothing is harmed."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "mark").touch()
    monkeypatch.setenv("AUTOML_PORTABLE", "1")
    assert files.exchange(one, other) is False
    assert (one / "mark").exists()
    monkeypatch.setenv("AUTOML_PORTABLE", "")
    swapped = files.exchange(one, other)
    assert (other / "mark").exists() == swapped


@pytest.mark.parametrize("way", ["", "1"])
def test_a_nameless_file_holds_what_is_written(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory or in the temporary folder: it can be written and read at any place."""
    monkeypatch.setenv("AUTOML_PORTABLE", way)
    handle = files.nameless()
    os.write(handle, b"0123456789")
    assert files.read_at(handle, 3, 4) == b"456"
    os.close(handle)


def test_without_pread_the_same_bytes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that cannot read at a place goes there first."""
    path = tmp_path / "digits"
    path.write_bytes(b"0123456789")
    handle = os.open(path, os.O_RDONLY)
    monkeypatch.delattr(os, "pread", raising=False)
    assert files.read_at(handle, 3, 4) == b"456"
    os.close(handle)


def test_a_file_that_others_can_write_is_not_mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """V04: where there are owners and rights they decide; where there are none the folder does."""
    path = tmp_path / "notes"
    path.touch()
    path.chmod(0o600)
    assert files.is_mine(path.stat())
    path.chmod(0o622)
    assert not files.is_mine(path.stat())
    monkeypatch.delattr(os, "geteuid")
    assert files.is_mine(path.stat())


def test_numbers_are_kept_in_memory_where_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else in the folder of temporary files: without such a file system, and where it is nearly full."""
    monkeypatch.setattr(files, "portable", lambda: False)
    monkeypatch.setattr(files, "_MEMORY", tmp_path)
    assert files.in_memory() == tmp_path
    monkeypatch.setattr(files, "_ROOM", 2**80)
    assert files.in_memory() == Path(tempfile.gettempdir())
    monkeypatch.setattr(files, "_ROOM", 0)
    monkeypatch.setattr(files, "_MEMORY", tmp_path / "none")
    assert files.in_memory() == Path(tempfile.gettempdir())
