"""A user's own bundles are those whose content hash a fit noted; no other file and no other user can say so."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import subprocess
import sys
import warnings

import pytest

from automl.bundle import own
from automl.bundle.files import open_files
from automl.bundle.own import OwnWarning, is_own, note

HASHES = [f"{number:064x}" for number in range(40)]


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """The file of the notes, in a data folder that is not there yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "automl" / "own"


def test_a_fit_notes_what_it_wrote(bundle, make_bundle, binary, notes):
    """`finish` notes the content hash once the bundle is in its place, one line, readable by nobody else."""
    assert not is_own(open_files(bundle).manifest.content_hash)
    out = make_bundle(binary, notes.parents[1] / "again.bundle")
    found = open_files(out).manifest.content_hash
    assert is_own(found)
    assert notes.read_text(encoding="ascii") == f"{found}\n"
    assert stat.S_IMODE(notes.stat().st_mode) == 0o600
    assert stat.S_IMODE(notes.parent.stat().st_mode) == 0o700


def test_notes_are_added_once_and_the_oldest_go(notes, monkeypatch):
    """The file is bounded, has no line twice, and keeps the newest."""
    monkeypatch.setattr(own, "MOST", 10)
    for content_hash in [*HASHES, HASHES[-1]]:
        note(content_hash)
    assert notes.read_text(encoding="ascii").split() == HASHES[-10:]
    assert [is_own(content_hash) for content_hash in (HASHES[0], HASHES[-1])] == [False, True]


def test_writers_at_the_same_time_lose_nothing(notes):
    """Four processes that note ten bundles each leave forty whole lines."""
    code = "import sys; from automl.bundle.own import note; [note(text) for text in sys.argv[1:]]"
    starts = [subprocess.Popen([sys.executable, "-c", code, *HASHES[first::4]]) for first in range(4)]
    assert [process.wait() for process in starts] == [0] * 4
    assert sorted(notes.read_text(encoding="ascii").split()) == HASHES


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_may_write_is_not_believed(mode, notes):
    """A file that another user could have written says nothing, and is written anew."""
    note(HASHES[0])
    notes.chmod(mode)
    assert not is_own(HASHES[0])
    note(HASHES[1])
    assert [is_own(content_hash) for content_hash in HASHES[:2]] == [False, True]


def test_what_is_no_file_of_ours_is_not_believed(notes, monkeypatch):
    """A link, a pipe, lines that are no hash, the file of another user."""
    note(HASHES[0])
    kept = notes.rename(notes.with_name("kept"))
    notes.symlink_to(kept)
    assert not is_own(HASHES[0])
    notes.unlink()
    os.mkfifo(notes)
    assert not is_own(HASHES[0])
    notes.unlink()
    notes.write_bytes(b"\xff\xfe\n" + b"a" * 63 + b"\n\n" + b"z" * 64)
    notes.chmod(0o600)
    assert not any(map(is_own, ["", "a" * 63, "z" * 64]))
    kept.rename(notes)
    assert is_own(HASHES[0])
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert not is_own(HASHES[0])


@pytest.mark.parametrize("place", ["a file", "a file/deeper", "no home"])
def test_a_data_folder_that_refuses_breaks_no_fit(place, tmp_path, make_bundle, binary, monkeypatch):
    """The bundle is written all the same, with a warning that says what follows."""
    (tmp_path / "a file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("XDG_DATA_HOME", "" if place == "no home" else str(tmp_path / place))
    monkeypatch.setattr("pathlib.Path.home", _no_home)
    with pytest.warns(OwnWarning, match="noted as your own, so it is opened as a stranger's is"):
        out = make_bundle(binary, tmp_path / "a.bundle")
    assert not is_own(open_files(out).manifest.content_hash)


def test_a_full_disk_leaves_the_notes_as_they_were(notes, full_disk):
    """R08: what was noted before is still there, and nothing half-written."""
    for content_hash in HASHES:
        note(content_hash)
    with full_disk(), pytest.warns(OwnWarning, match="noted as your own"):
        note("f" * 64)
    assert notes.read_text(encoding="ascii").split() == HASHES
    assert sorted(path.name for path in notes.parent.iterdir()) == ["own", "own.lock"]


def test_a_lock_that_is_never_freed_is_not_waited_for(notes, monkeypatch):
    """A process that was stopped while it wrote holds up no fit of another one."""
    note(HASHES[0])
    monkeypatch.setattr(own, "PAUSE", 0.0)
    with (notes.parent / "own.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.warns(OwnWarning, match="noted as your own"):
            note(HASHES[1])
    note(HASHES[2])
    assert notes.read_text(encoding="ascii").split() == [HASHES[0], HASHES[2]]


def test_a_place_that_is_not_absolute_is_none(tmp_path, monkeypatch):
    """XDG: what is not absolute is ignored, so nothing is written into the current folder."""
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        note(HASHES[0])
    assert [path.name for path in tmp_path.iterdir()] == [".local"]
    assert re.fullmatch(r"0{64}\n", (tmp_path / ".local/share/automl/own").read_text(encoding="ascii"))


def _no_home():
    message = "Could not determine home directory."
    raise RuntimeError(message)
