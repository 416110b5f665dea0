"""The run folder survives what happens to disks and processes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from automl import disk
from automl.errors import MachineError, SpecError
from automl.search.rundir import RunDir, check_run_place, clean
from automl.testing._faulty_disk import using
from automl.testing._power_cut import Recorder

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

IDENTITY = {"spec": "s1", "data": "d1"}
OWNER = """
import sys, time
from pathlib import Path
from automl.search.rundir import RunDir
from automl.testing._faulty_disk import using
from automl.testing._power_cut import Recorder
run = RunDir.open(Path(sys.argv[1]), identity={"spec": "s1", "data": "d1"})
run.append({"kind": "trial", "id": 0})
print("open", flush=True)
time.sleep(60)
"""


def test_torn_at_every_byte(tmp_path: Path) -> None:
    """R05: wherever the last line is torn, the lines before it are read and the rest is put aside."""
    path = tmp_path / "x.run"
    with RunDir.open(path, identity=IDENTITY) as run:
        run.append({"id": 0})
        run.append({"id": 1, "note": "é"})
    whole = (path / "journal.jsonl").read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        (path / "journal.jsonl").write_bytes(whole[:cut])
        with RunDir.open(path, identity=IDENTITY, resume=True) as run:
            assert [record["id"] for record in run.records] == [0]
            assert run.quarantined == cut - first
            run.append({"id": 2})
        with RunDir.open(path, identity=IDENTITY, resume=True) as run:
            assert [record["id"] for record in run.records] == [0, 2]
            assert run.quarantined == 0
    assert (path / "journal.torn").stat().st_size > 0


@pytest.mark.parametrize("garbage", [b"\x00\xff\n", b"[1]\n", b"{}}\n{\n", b'"text"\n'])
def test_garbage(garbage: bytes, tmp_path: Path) -> None:
    """R05: a line that is no record ends what is believed of a journal."""
    path = tmp_path / "x.run"
    with RunDir.open(path, identity=IDENTITY) as run:
        run.append({"id": 0})
    with (path / "journal.jsonl").open("ab") as file:
        file.write(garbage + b'{"id": 1}\n')
    with RunDir.open(path, identity=IDENTITY, resume=True) as run:
        assert [record["id"] for record in run.records] == [0]
        assert run.quarantined == len(garbage) + 10


def test_second_run_and_stale_lock(tmp_path: Path) -> None:
    """R06, R07: a second run is told the owner's pid (exit code 6); after kill -9 of the owner the folder is free."""
    path = tmp_path / "x.run"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == "open\n"
    for attempt in (lambda: RunDir.open(path, identity=IDENTITY), lambda: clean(path)):
        with pytest.raises(MachineError, match=f"in use by pid {owner.pid}") as caught:
            attempt()
        assert caught.value.exit_code == 6
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    with RunDir.open(path, identity=IDENTITY, resume=True) as run:
        assert [record["id"] for record in run.records] == [0]


def test_one_process_cannot_open_twice(tmp_path: Path) -> None:
    """R07: two runs in one process exclude each other, too."""
    with (
        RunDir.open(tmp_path / "x.run", identity=IDENTITY),
        pytest.raises(MachineError, match=f"in use by pid {os.getpid()}"),
    ):
        RunDir.open(tmp_path / "x.run", identity=IDENTITY)


class Full(disk.System):
    """A disk that takes nothing more."""

    def write(self, handle: int, content: ReadableBuffer) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R08: a journal that cannot be written ends the run with exit code 6."""
    with RunDir.open(tmp_path / "x.run", identity=IDENTITY) as run:
        monkeypatch.setattr(disk, "system", Full())
        with pytest.raises(MachineError, match="the disk is full") as caught:
            run.append({"id": 0})
    assert caught.value.exit_code == 6


def test_resume_of_another_run(tmp_path: Path) -> None:
    """A run is resumed with the same spec and data only; the refusal names what differs."""
    path = tmp_path / "x.run"
    RunDir.open(path, identity=IDENTITY).close()
    with pytest.raises(SpecError, match="its data differ"):
        RunDir.open(path, identity={**IDENTITY, "data": "d2"}, resume=True)
    RunDir.open(path, identity=IDENTITY, resume=True).close()


def test_starting_anew(tmp_path: Path) -> None:
    """Without `resume` a folder forgets the run before, arrays and all."""
    path = tmp_path / "x.run"
    with RunDir.open(path, identity=IDENTITY) as run:
        run.append({"id": 0})
        run.save("oof/0", np.ones(3))
    with RunDir.open(path, identity={"spec": "other"}) as run:
        assert run.records == ()
    assert not (path / "oof").exists()
    assert json.loads((path / "run.json").read_text()) == {"protocol": 2, "spec": "other"}


def test_arrays(tmp_path: Path) -> None:
    """What was saved is loaded, and taken once."""
    with RunDir.open(tmp_path / "x.run", identity=IDENTITY) as run:
        values = np.arange(6.0).reshape(3, 2)
        assert run.save("oof/0", values) == run.path / "oof" / "0.npy"
        np.testing.assert_array_equal(run.load("oof/0"), values)
        np.testing.assert_array_equal(run.take("oof/0"), values)
        assert list((run.path / "oof").iterdir()) == []


def test_clean(tmp_path: Path) -> None:
    """`clean` removes a run folder and says how much it freed; any other folder it leaves alone."""
    path = tmp_path / "x.run"
    with RunDir.open(path, identity=IDENTITY) as run:
        run.save("oof/0", np.ones(1000))
    assert clean(path) > 8000
    assert not path.exists()
    (other := tmp_path / "data").mkdir()
    (other / "train.csv").write_text("a,b\n")
    with pytest.raises(MachineError, match="not a run folder"):
        clean(other)
    assert (other / "train.csv").exists()


def test_a_run_that_was_killed_before_it_had_an_identity_is_begun_anew(tmp_path):
    """R04: its lock and half of its run.json are all that it left; the same command does not take it for another's."""
    path = tmp_path / "x.run"
    path.mkdir()
    (path / "lock").write_text("7\n")
    (path / "run.json.part").write_text('{"pro')
    check_run_place(path)
    with RunDir.open(path, identity=IDENTITY, resume=True) as run:
        assert run.records == ()
    assert {entry.name for entry in path.iterdir()} == {"lock", "run.json", "journal.jsonl"}


@pytest.mark.parametrize(
    "files", [{"thesis.txt": "all of it"}, {"run.json": '{"script": "start"}'}, {"run.json": "[1]", "data.csv": "a"}]
)
def test_a_folder_that_is_no_run_folder_is_neither_emptied_nor_removed(tmp_path, files):
    """Whatever it is called, and whatever its run.json says: what a run did not write stays."""
    path = tmp_path / "x.run"
    path.mkdir()
    for name, content in files.items():
        (path / name).write_text(content)
    with pytest.raises(SpecError, match="not emptied"):
        RunDir.open(path, identity=IDENTITY)
    with pytest.raises(SpecError, match="not emptied"):
        check_run_place(path)
    with pytest.raises(MachineError, match="not a run folder"):
        clean(path)
    assert {entry.name: entry.read_text() for entry in path.iterdir()} == files


def test_an_empty_folder_and_a_run_that_was_killed_at_once_are_taken(tmp_path):
    """A run that died before it wrote its identity left a lock, or nothing."""
    (tmp_path / "empty.run").mkdir()
    (tmp_path / "locked.run").mkdir()
    (tmp_path / "locked.run" / "lock").write_text("77\n")
    for name in ("empty.run", "locked.run"):
        RunDir.open(tmp_path / name, identity=IDENTITY).close()


def test_a_link_to_a_run_folder_is_not_followed(tmp_path):
    """Neither emptied nor removed: the folder behind it is another run's."""
    RunDir.open(tmp_path / "old.run", identity=IDENTITY).close()
    (tmp_path / "x.run").symlink_to(tmp_path / "old.run")
    with pytest.raises(SpecError, match="no folder"):
        RunDir.open(tmp_path / "x.run", identity=IDENTITY)
    with pytest.raises(MachineError, match="not a run folder"):
        clean(tmp_path / "x.run")


def test_a_link_within_a_run_folder_is_removed_and_not_followed(tmp_path):
    """What it points to stays."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("a\n")
    RunDir.open(tmp_path / "x.run", identity=IDENTITY).close()
    (tmp_path / "x.run" / "link").symlink_to(tmp_path / "data")
    RunDir.open(tmp_path / "x.run", identity=IDENTITY).close()
    assert not (tmp_path / "x.run" / "link").exists()
    assert (tmp_path / "data" / "rows.csv").exists()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _torn(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"torn")


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "harm", [_cut, _flip, Path.unlink, lambda path: path.write_bytes(b"")], ids=["cut", "flipped", "missing", "empty"]
)
def test_a_line_with_a_damaged_array_is_dropped(harm, tmp_path):
    """R05: what the disk lost or changed is not taken over; the lines beside it are."""
    path = tmp_path / "x.run"
    with RunDir.open(path, identity=IDENTITY) as run:
        for number in range(3):
            run.save(f"oof/{number}", np.arange(5.0) + number)
            run.append({"kind": "trial", "id": number}, arrays=[f"oof/{number}"])
        run.append({"kind": "note"})
    harm(path / "oof" / "1.npy")
    with RunDir.open(path, identity=IDENTITY, resume=True) as run:
        assert [line.get("id") for line in run.records] == [0, 2, None]
        assert run.damaged == 1
        assert run.quarantined == 0


def test_an_array_is_on_the_disk_before_the_line_that_names_it(tmp_path, monkeypatch):
    """A machine that stops between the two loses the line, not the array that a line speaks of."""
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(Path(f"/proc/self/fd/{handle}").readlink().name))
    with RunDir.open(tmp_path / "x.run", identity=IDENTITY) as run:
        run.save("oof/0", np.zeros(3))
        run.append({"kind": "trial"}, arrays=["oof/0"])
    assert synced[-3:] == ["0.npy", "oof", "journal.jsonl"]


def test_a_line_of_a_missing_array_is_not_written(tmp_path):
    """R08: it is the machine that lost it, and the journal stays whole."""
    with RunDir.open(tmp_path / "x.run", identity=IDENTITY) as run:
        with pytest.raises(MachineError):
            run.append({"kind": "trial"}, arrays=["oof/7"])
        run.append({"kind": "note"})
    with RunDir.open(tmp_path / "x.run", identity=IDENTITY, resume=True) as run:
        assert [line["kind"] for line in run.records] == ["note"]


def test_nobody_else_can_read_a_run_folder(tmp_path):
    """It holds predictions for each row: the folder is 0700 and its files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        for resume in (False, True):
            with RunDir.open(tmp_path / "x.run", identity=IDENTITY, resume=resume) as run:
                run.save("oof/0", np.zeros(3))
                Path(run.place("oof/0-1")).write_bytes(b"as a worker does")
                run.append({"kind": "trial"}, arrays=["oof/0"])
            _torn(tmp_path / "x.run" / "journal.jsonl")
    finally:
        os.umask(before)
    assert (tmp_path / "x.run").stat().st_mode & 0o777 == 0o700
    files = [path for path in (tmp_path / "x.run").rglob("*") if path.is_file()]
    assert len(files) > 4
    assert {path.name: path.stat().st_mode & 0o777 for path in files} == dict.fromkeys((f.name for f in files), 0o600)


def test_a_run_folder_that_is_emptied_is_one_whenever_the_power_is_cut(tmp_path):
    """R04: its run.json is gone from the disk only when all else is: else it would be taken for another's."""
    path = tmp_path / "x.run"
    with RunDir.open(path, identity=IDENTITY) as run:
        run.save("old", np.zeros(2))
    recorder = Recorder(tmp_path)
    with using(recorder):
        RunDir.open(path, identity=IDENTITY).close()
    orphans = [image for image in map(dict, recorder.images) if "x.run/old.npy" in image]
    assert orphans
    assert all(image.get("x.run/run.json") for image in orphans)
