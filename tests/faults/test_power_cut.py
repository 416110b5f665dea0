"""The model of a power cut knows what a disk still holds: what was synced, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl import disk
from automl.log_file import LogFile
from automl.testing._faulty_disk import using
from automl.testing._power_cut import Recorder


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """A folder with a file `old`."""
    (tmp_path / "old").write_bytes(b"1")
    return Recorder(tmp_path)


def images(recorder: Recorder) -> list[dict[str, bytes | None]]:
    return [dict(image) for image in recorder.images]


def test_what_is_put_is_old_or_new_whenever_the_power_is_cut(recorder: Recorder) -> None:
    """A file that is written aside, synced, renamed and whose folder is synced is never seen half-written."""
    with using(recorder):
        disk.put(recorder.root / "old", b"22")
    found = images(recorder)
    assert {image["old"] for image in found} == {b"1", b"22"}
    assert {"old": b"22"} in found


def test_what_is_renamed_unsynced_may_be_empty(recorder: Recorder) -> None:
    """The model finds the classical fault: a rename that reaches the disk before the content."""
    with using(recorder):
        with disk.writing(recorder.root / "new") as file:
            file.write(b"22")
        disk.rename(recorder.root / "new", recorder.root / "old")
    assert {image["old"] for image in images(recorder)} == {b"1", b"22", b"2", b""}


def test_a_piece_that_is_appended_may_be_torn(recorder: Recorder) -> None:
    """Of what was not synced all may be lost, or half, or nothing; what was synced stays."""
    with using(recorder), LogFile(recorder.root / "old") as log:
        log.add(b"22")
    assert {image["old"] for image in images(recorder)} == {b"1", b"12", b"122"}


def test_a_folder_that_is_removed_may_come_back_in_parts(recorder: Recorder) -> None:
    """A removal is one of each file: any of them may be lost."""
    with using(recorder):
        disk.make_folder(recorder.root / "box")
        disk.write(recorder.root / "box" / "a", b"a")
        disk.sync(recorder.root / "box")
        disk.remove_folder(recorder.root / "box")
    found = images(recorder)
    assert {"old": b"1", "box": None} in found
    assert {"old": b"1", "box": None, "box/a": b"a"} in found
    assert {"old": b"1"} in found
