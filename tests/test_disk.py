"""A file or a folder is whole or absent, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from automl import disk
from automl.bundle.files import open_files
from automl.bundle.read import Bundle
from automl.bundle.write import finish, stage, staging
from automl.disk import machine_errors, replace_folder, whole_file, write
from automl.errors import MachineError
from automl.testing._faulty_disk import Fault, Faulty, using

REPLACING = """
import shutil, sys
from pathlib import Path
from automl.disk import replace_folder
a, b, out = map(Path, sys.argv[1:])
print("go", flush=True)
while True:
    for source in (a, b):
        new = out.with_name("new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(source, new)
        replace_folder(new, out)
"""


@pytest.mark.parametrize("kills", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_leaves_a_whole_bundle(kills, make_contents, binary, tmp_path):
    """B12: kill -9 while bundles replace each other: what stands at the place always loads."""
    a, b, out = tmp_path / "a", tmp_path / "b", tmp_path / "out.bundle"
    contents = make_contents(binary)
    for place, card in ((a, "one"), (b, "two"), (out, "first")):
        stage(contents, staging(place))
        finish(staging(place), place, gates=(), verdict=None, card=card)
    draw = np.random.default_rng(0)
    for _ in range(kills):
        with subprocess.Popen([sys.executable, "-c", REPLACING, a, b, out], stdout=subprocess.PIPE) as child:
            assert child.stdout.readline() == b"go\n"
            time.sleep(draw.uniform(0.0, 0.1))
            os.kill(child.pid, signal.SIGKILL)
        assert open_files(out).manifest.files == Bundle.load(out).manifest.files


@pytest.fixture
def folders(tmp_path):
    """A new folder, and one that stands in its place."""
    for name in ("new", "place"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").write_text(name)
    return tmp_path / "new", tmp_path / "place"


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_folder_takes_the_place_of_another(folders, exchanges, monkeypatch):
    """With and without a kernel that swaps folders: the new one stands there, of the old nothing is left."""
    new, place = folders
    if not exchanges:
        monkeypatch.setattr(disk.System, "exchange", lambda *_: False)
        (place.parent / ".place.old").mkdir()  # of an earlier run that was killed
    replace_folder(new, place)
    assert (place / "deep" / "file").read_text() == "new"
    assert [path.name for path in place.parent.iterdir()] == ["place"]


def test_an_empty_place_is_taken(folders):
    """Where nothing stands, the folder moves there."""
    new, place = folders
    replace_folder(new, place.with_name("free"))
    assert not new.exists()
    assert (place.with_name("free") / "deep" / "file").read_text() == "new"
    assert (place / "deep" / "file").read_text() == "place"


def test_a_file_is_written_whole(tmp_path):
    """What was written is there byte by byte; writing again replaces it."""
    write(tmp_path / "f", b"a" * 10_000)
    write(tmp_path / "f", b"\0\n")
    assert (tmp_path / "f").read_bytes() == b"\0\n"


def test_a_block_that_fails_leaves_the_old_file(tmp_path):
    """V14: no half file stands there, no partial one lies beside it, and the error is the block's own."""
    (tmp_path / "f").write_text("old")

    def half() -> None:
        with whole_file(tmp_path / "f") as partial:
            partial.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert (tmp_path / "f").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_block_that_ends_well_gives_the_file(tmp_path):
    """Only after the block does the file have its new content."""
    with whole_file(tmp_path / "f") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "f").exists()
    assert (tmp_path / "f").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_called_one(tmp_path, code):
    """R08: no room, no quota or a file too large: the disk is full, exit code 6, and what to do next."""
    with pytest.raises(MachineError, match="the disk is full") as caught, machine_errors(tmp_path / "f"):
        raise OSError(code, os.strerror(code))
    assert (caught.value.exit_code, caught.value.where) == (6, str(tmp_path / "f"))
    assert "Make room" in str(caught.value)


def test_what_the_machine_refuses_is_said(tmp_path):
    """A folder that is not there is told by its name, not as a traceback."""
    with pytest.raises(MachineError, match="the machine refused: No such file") as caught:
        write(tmp_path / "no" / "f", b"")
    assert caught.value.where == str(tmp_path / "no" / "f")


def test_a_folder_that_cannot_be_made_for_good_is_not_made(tmp_path):
    """R08: where the disk refuses to keep its name, who asked for it has nothing to remove."""
    with using(Faulty(Fault(at=1, number=errno.EIO))), pytest.raises(OSError, match="Input/output"):
        disk.make_folder(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
