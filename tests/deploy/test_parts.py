"""The parts of an output: what a killed run left is gone on with, if it is whole and of the same work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from automl.data.read.unread import Tally
from automl.deploy import parquet_file
from automl.deploy.formats import Form, rendered
from automl.deploy.parts import Parts
from automl.errors import MachineError

SAME = {"data": "abc", "rows": 2}


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Parts]]:
    """Opens the parts of an output; a process that had opened them before is gone by then."""
    opened: list[Parts] = []

    def make(form: Form = "csv", identity: dict[str, object] | None = None, *, resume: bool = True) -> Parts:
        for earlier in opened:
            earlier.release()
        opened.append(Parts.open(tmp_path / f"out.{form}", form, SAME if identity is None else identity, resume=resume))
        return opened[-1]

    yield make
    for parts in opened:
        parts.release()


def chunk(*values: int) -> bytes:
    """A part of a parquet file."""
    return rendered(pl.DataFrame({"x": values}), "parquet")


def test_chunks_become_one_file_with_one_header(begin: Callable[..., Parts], tmp_path: Path) -> None:
    """The header is written before the first chunk only; nothing stands at the place before the end."""
    parts = begin()
    parts.add(b"1\n2\n", 2, head=b"x\n")
    parts.add(b"3\n", 1, head=b"x\n")
    assert (parts.chunks, parts.rows, parts.size) == (2, 3, 8)
    assert not (tmp_path / "out.csv").exists()
    parts.finish()
    assert (tmp_path / "out.csv").read_bytes() == b"x\n1\n2\n3\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_killed_run_is_gone_on_with(begin: Callable[..., Parts], tmp_path: Path) -> None:
    """What was written after the last whole chunk is cut off, and the rest is added behind it."""
    begin().add(b"1\n", 1, head=b"x\n")
    with (tmp_path / ".out.csv.parts" / "rows.csv").open("ab") as file:
        file.write(b"half a li")
    again = begin()
    assert (again.chunks, again.rows, again.size) == (1, 1, 4)
    again.add(b"2\n", 1, head=b"x\n")
    again.finish()
    assert (tmp_path / "out.csv").read_bytes() == b"x\n1\n2\n"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_parts_of_other_work_are_left(form: Form, begin: Callable[..., Parts]) -> None:
    """Another identity, or no `resume`: the run begins anew."""
    begin(form).add(chunk(1), 1)
    assert begin(form).chunks == 1
    assert begin(form, {"data": "other"}).chunks == 0
    begin(form).add(chunk(1), 1)
    assert begin(form, resume=False).chunks == 0


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"null", b'{"identity": {}}'])
def test_a_broken_note_begins_anew(broken: bytes, begin: Callable[..., Parts], tmp_path: Path) -> None:
    """What cannot be read, or says too little, is no run to go on with, and no error."""
    begin().add(b"1\n", 1)
    (tmp_path / ".out.csv.parts" / "progress.json").write_bytes(broken)
    found = begin()
    assert (found.chunks, found.damaged) == (0, True)


def test_what_was_never_begun_or_is_of_other_work_is_not_damaged(begin: Callable[..., Parts]) -> None:
    """Only what cannot be read is told as damage."""
    assert not begin().damaged
    begin().add(b"1\n", 1)
    assert not begin().damaged
    assert not begin("csv", {"data": "other"}).damaged


def test_two_runs_do_not_write_one_output(begin: Callable[..., Parts], tmp_path: Path) -> None:
    """R07: the second is refused with the number of the first, and the parts of the first stay as they are."""
    first, out = begin(), tmp_path / "out.csv"
    first.add(b"1\n", 1, head=b"x\n")
    for resume in (True, False):
        with pytest.raises(MachineError, match=f"in use by pid {os.getpid()}"):
            Parts.open(out, "csv", SAME, resume=resume)
    first.add(b"2\n", 1)
    first.finish()
    assert out.read_bytes() == b"x\n1\n2\n"
    Parts.open(out, "csv", SAME, resume=False).discard()


def test_lines_that_are_lost_begin_anew(begin: Callable[..., Parts], tmp_path: Path) -> None:
    """Fewer bytes than the note says: a disk that lost them must not give a file with a hole."""
    begin().add(b"1\n2\n", 2)
    (tmp_path / ".out.csv.parts" / "rows.csv").write_bytes(b"1\n")
    assert begin().chunks == 0


def test_row_groups_do_not_tell_of_chunks(
    begin: Callable[..., Parts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of a parquet file stand in their order, so many to a row group, however many a chunk has."""
    monkeypatch.setattr(parquet_file, "ROWS", 4)
    parts = begin("parquet")
    for number in range(5):
        parts.add(chunk(2 * number, 2 * number + 1), 2)
    parts.finish()
    out = tmp_path / "out.parquet"
    assert pl.read_parquet(out)["x"].to_list() == list(range(10))
    assert [pq.read_metadata(out).row_group(group).num_rows for group in range(3)] == [4, 4, 2]


def test_an_older_output_stays_until_the_new_one_is_whole(begin: Callable[..., Parts], tmp_path: Path) -> None:
    """It is replaced in one step, and stays where the parts are thrown away."""
    (tmp_path / "out.csv").write_bytes(b"old")
    parts = begin()
    parts.add(b"1\n", 1)
    parts.discard()
    assert (tmp_path / "out.csv").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    again = begin()
    again.add(b"2\n", 1)
    again.finish()
    assert (tmp_path / "out.csv").read_bytes() == b"2\n"


def test_a_disk_that_refuses_is_the_machines(tmp_path: Path) -> None:
    """No folder to write into, and parts that somebody removed: exit code 6, with the place."""
    with pytest.raises(MachineError) as raised:
        Parts.open(tmp_path / "gone" / "out.csv", "csv", SAME, resume=False)
    assert str(tmp_path / "gone") in str(raised.value)
    assert raised.value.exit_code == 6
    parts = Parts.open(tmp_path / "out.csv", "csv", SAME, resume=False)
    parts.discard()
    with pytest.raises(MachineError):
        parts.add(b"1\n", 1)


def test_what_could_not_be_read_is_counted_on(begin: Callable[..., Parts]) -> None:
    """A run that goes on knows of the cells that the one before it could not read."""
    begin().add(b"1\n", 1, unread={"a": Tally("number", 0, 1, "x")})
    again = begin()
    assert again.unread == {"a": Tally("number", 0, 1, "x")}
    again.add(b"2\n", 1, unread={"a": Tally("number", 1, 2, "y")})
    assert begin().unread == {"a": Tally("number", 1, 3, "x")}
