"""Rows of object stores are those of the same files on the disk, and no error holds a key."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import polars as pl
import pytest

from automl.data.read.files import file_digest, files
from automl.data.read.open_tables import open_table
from automl.data.read.remote import fetched as door
from automl.data.read.remote.spool import spool
from automl.data.read.source import batches, load
from automl.errors import AutomlError, DataError, MachineError, SpecError

ROWS = pl.DataFrame({"a": [1, 2, 3, 4], "b": ["x", "y", None, "a text that is longer than a cell"]})
WRITERS = {
    "csv": ROWS.write_csv,
    "parquet": ROWS.write_parquet,
    "ndjson": ROWS.write_ndjson,
    "arrow": ROWS.write_ipc,
}


def written(form: str) -> bytes:
    buffer = io.BytesIO()
    WRITERS[form](buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("form", WRITERS)
def test_an_object_is_read_as_its_file(form, s3, tmp_path):
    """Every format gives the same rows and the same digest from a store as from the disk."""
    s3.put(f"one/rows.{form}", written(form))
    (tmp_path / f"rows.{form}").write_bytes(written(form))
    here, there = load(tmp_path / f"rows.{form}"), load(f"s3://shop/one/rows.{form}")
    assert there.frame.equals(here.frame)
    assert there.dialect == here.dialect
    assert there.digests == {f"s3://shop/one/rows.{form}": file_digest(tmp_path / f"rows.{form}")}


@pytest.mark.parametrize("store", ["s3", "az", "gs"])
def test_folders_and_patterns(store, request):
    """A folder with `key=value` in it and a pattern mean what they mean on the disk, in each store."""
    there = request.getfixturevalue(store)
    for name in ("days/year=2020/x.csv", "days/year=2021/y.csv", "parts/part-1.csv", "parts/part-2.csv"):
        there.put(name, written("csv"))
    there.put("parts/other.csv", b"c\n1\n")
    there.put("days/_SUCCESS", b"")
    folder = load(f"{there.url}/days")
    assert folder.frame["year"].to_list() == [2020] * 4 + [2021] * 4
    assert list(folder.digests) == [f"{there.url}/days/year=2020/x.csv", f"{there.url}/days/year=2021/y.csv"]
    assert load(f"{there.url}/days/").frame.equals(folder.frame)
    pattern = load(Path(f"{there.url}/parts/part-?.csv"))  # as the command line has it: one slash of the two
    assert pattern.frame.height == 8
    assert list(pattern.digests) == [f"{there.url}/parts/part-1.csv", f"{there.url}/parts/part-2.csv"]


def test_samples_and_parts(s3, tmp_path):
    """D16: a share of the rows, and parts of them, are those of the file on the disk; a table opens as one."""
    s3.put("big/rows.parquet", written("parquet"))
    (tmp_path / "rows.parquet").write_bytes(written("parquet"))
    here, there = tmp_path / "rows.parquet", "s3://shop/big/rows.parquet"
    assert load(there, share=0.5).frame.equals(load(here, share=0.5).frame)
    assert [frame.rows() for _, frame in batches(there, 3)] == [frame.rows() for _, frame in batches(here, 3)]
    assert open_table(there).frame.equals(ROWS)


def test_an_object_is_brought_once_for_each_state(s3, monkeypatch):
    """What has not changed is not brought again; what has is, and what is gone is gone."""
    brought = []
    bring = door.bring

    def counted(address, objects):
        brought.extend(found.key for found in objects.values())
        bring(address, objects)

    monkeypatch.setattr(door, "bring", counted)
    s3.put("state/1.csv", b"a\n1\n")
    s3.put("state/2.csv", b"a\n2\n")
    assert load("s3://shop/state").frame["a"].to_list() == [1, 2]
    s3.put("state/2.csv", b"a\n3\n")
    assert load("s3://shop/state").frame["a"].to_list() == [1, 3]
    assert brought == ["state/1.csv", "state/2.csv", "state/2.csv"]
    s3.remove("state/1.csv")
    assert load("s3://shop/state").frame["a"].to_list() == [3]


@pytest.mark.parametrize("name", ["keyed/rows.csv", "keyed", "keyed/*.csv"])
@pytest.mark.parametrize("store", ["s3", "az"])
def test_a_wrong_key_is_told_without_it(store, name, request, monkeypatch):
    """S05: neither the error nor its traceback holds the key that was tried, or the one that would have fit."""
    there = request.getfixturevalue(store)
    there.put("keyed/rows.csv", written("csv"))
    wrong = "d3JvbmcgYW5kIHNlY3JldCB3cm9uZyBhbmQgc2VjcmV0"
    secret = next(setting for setting, value in there.settings.items() if value == there.secret)
    monkeypatch.setenv(secret, wrong)
    with pytest.raises(DataError, match=r"does not accept the key|denies access") as caught:
        load(f"{there.url}/{name}")
    said = "".join(traceback.format_exception(caught.value))
    assert wrong not in said
    assert there.secret not in said
    assert there.settings.get("AWS_ACCESS_KEY_ID", wrong) not in said
    assert str(caught.value).startswith(f"{there.url}/{name}: ")
    assert caught.value.exit_code == 3


def test_what_is_not_there(s3):
    """An object, a bucket and a folder of nothing that is read are told by their address."""
    s3.put("deep/er/rows.csv", b"a\n1\n")
    for where, told in {
        "s3://shop/none/rows.csv": "there is no such object",
        "s3://nobody/rows.csv": "there is no such bucket or object",
        "s3://shop/deep": "no object is read here, but folders: 'er'",
    }.items():
        with pytest.raises(DataError, match=told) as caught:
            files(where)
        assert caught.value.where == where


def test_a_damaged_object_is_told_by_its_address(s3):
    """D11: what cannot be read is named as people know it, not by where it was brought to."""
    s3.put("bad/rows.parquet", b"PAR1 and nothing else")
    with pytest.raises(DataError, match="cannot be read") as caught:
        load("s3://shop/bad/rows.parquet")
    assert caught.value.where == "s3://shop/bad/rows.parquet"
    assert str(spool().folder) not in str(caught.value)


def test_a_store_that_does_not_answer_is_the_machine(s3, monkeypatch):
    """No network is no fault of the data: exit code 6."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(MachineError, match="cannot be reached") as caught:
        load("s3://shop/rows.csv")
    assert caught.value.exit_code == 6


@pytest.mark.parametrize(
    "where",
    [
        "s3://AKIA123:hidden@shop/rows.csv",
        "s3://AKIA123:hid/den@shop/rows.csv",
        "az://rows/x.csv?sv=2022&sig=hidden",
        "gs://rows/x.csv?X-Goog-Signature=hidden",
    ],
)
def test_an_address_holds_no_key(where):
    """S05: a key or a signature in an address is refused before it is used, and not repeated."""
    with pytest.raises(SpecError, match="holds a key or a signature") as caught:
        files(where)
    assert "hid" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("scheme", "near"), [("abfss", "az"), ("s3a", "s3"), ("gcs", "gs"), ("s4", "s3")])
def test_other_schemes_are_answered_with_the_nearest(scheme, near):
    """An address of another kind is told what it was probably meant to be."""
    with pytest.raises(DataError, match=f"did you mean {near}://") as caught:
        files(f"{scheme}://user:hidden@shop/rows.csv")
    assert "hidden" not in str(caught.value)


def test_no_more_is_brought_than_there_is_room_for(s3, monkeypatch):
    """R08: a disk without room is told before anything is brought."""
    s3.put("room/rows.csv", written("csv"))
    free = shutil.disk_usage(spool().folder)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    with pytest.raises(MachineError, match="room for 9") as caught:
        load("s3://shop/room/rows.csv")
    assert caught.value.where == "s3://shop/room/rows.csv"
    assert "TMPDIR" in str(caught.value)


def test_the_spool_is_private_and_goes_with_its_process(s3, tmp_path):
    """Nobody else reads what was brought; it is gone when the process ends, after a kill when the next one begins."""
    s3.put("gone/rows.csv", written("csv"))
    dead = tmp_path / ".automl.999999999.spool"
    dead.mkdir()
    code = """
import os, signal, stat, sys
from automl.data.read.files import files
(path,) = files("s3://shop/gone/rows.csv")
print(oct(stat.S_IMODE(path.parents[1].stat().st_mode)), path.is_relative_to(sys.argv[1]), path.exists(), flush=True)
if len(sys.argv) > 2:
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for words, left in (((), 0), (("kill",), 1), ((), 0)):
        command = [sys.executable, "-c", code, str(tmp_path), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.stdout.split() == ["0o700", "True", "True"], done.stderr
        assert len(list(tmp_path.iterdir())) == left


def test_no_library_is_a_hint(bare, monkeypatch):
    """Without the extra its name is told."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(AutomlError, match=r"automl\[lake\]"):
        load("s3://another/rows.csv")
