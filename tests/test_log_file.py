"""A log holds whole pieces: what was taken is there, of what was refused nothing is."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automl import disk
from automl.log_file import LogFile

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Half(disk.System):
    """A disk that takes half of what is written, and then nothing more."""

    def write(self, handle: int, content: ReadableBuffer) -> int:
        piece = bytes(content)
        if len(piece) < 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(handle, piece[: len(piece) // 2])


def test_a_piece_that_is_refused_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R08: half a piece is cut off again, and what was there before stays."""
    with LogFile(tmp_path / "log") as log:
        log.add(b"first\n")
        with monkeypatch.context() as patch:
            patch.setattr(disk, "system", Half())
            with pytest.raises(OSError, match="No space"):
                log.add(b"second\n")
        log.add(b"third\n")
        assert log.content() == b"first\nthird\n"
    assert (tmp_path / "log").read_bytes() == b"first\nthird\n"


def test_a_log_that_is_cut_goes_on_from_there(tmp_path: Path) -> None:
    """What stands after the place is forgotten, in memory as on the disk."""
    (tmp_path / "log").write_bytes(b"good\nbad")
    with LogFile(tmp_path / "log") as log:
        log.cut(5)
        log.add(b"more\n")
    assert (tmp_path / "log").read_bytes() == b"good\nmore\n"
