"""The parts of a file are all of its rows, each read by itself as the whole is read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from object_stores import Emulated

from automl.data.read.csv_lines import AHEAD, LeftOut
from automl.data.read.cuts import CutFile, cut_batches, cut_files
from automl.data.read.remote import fetched as remote
from automl.data.read.remote.spool import spool
from automl.data.read.source import batches
from automl.errors import DataError


def parts_of(path: Path, step: int) -> tuple[CutFile, list[pl.DataFrame]]:
    """The one file of a path, cut, and the rows of each part."""
    (file,) = cut_files(path, step)
    return file, [pl.concat(cut_batches(file, cut, 30)) for cut in file.cuts]


def whole(path: Path) -> pl.DataFrame:
    """All rows, read at a stretch."""
    return pl.concat([frame for _, frame in batches(path, 10_000)])


def text(rows: int) -> str:
    """A csv with a preamble, quoted line breaks, headers among the rows, quotes that are none, and CR LF."""
    odd = {0: '{i},"a ""q""\nb ü{i}"\n', 1: 'id,name\n{i},x"y\r\n', 2: "\n{i},\n"}
    return "from a system\nid,name\n" + "".join(odd.get(i % 11, "{i},z ü\n").format(i=i) for i in range(rows))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("step", [AHEAD, 77, 999, 1000, 5000])
def test_a_csv_is_cut_after_rows(encoding: str, step: int, tmp_path: Path) -> None:
    """D09, D10: in no row, in no quoted line break, with a mark of the byte order once; what is no row stays out."""
    path = tmp_path / "in.csv"
    path.write_bytes(text(1000).encode(encoding))
    told: list[LeftOut] = []
    (file,) = cut_files(path, step, tell=lambda _, lines: told.append(lines))
    got = [pl.concat(cut_batches(file, cut, 30)) for cut in file.cuts]
    assert pl.concat(got).equals(whole(path))
    if encoding == "utf-16":  # a byte of a line's end may be half of another sign
        assert len(got) == 1
    else:
        assert [part.height for part in got] == [min(step, 1000 - at) for at in range(0, 1000, step)]
        assert [(cut.first, cut.rows) for cut in file.cuts] == [
            (at, min(step, 1000 - at)) for at in range(0, 1000, step)
        ]
        assert told == [LeftOut(1, 91)]


@settings(max_examples=60)
@given(some.lists(some.tuples(some.text("a,\"'\n\r ü", max_size=6), some.integers(0, 9)), min_size=1, max_size=200))
def test_any_csv_is_cut_without_a_loss(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]) -> None:
    """Whatever cells hold: the parts together are what one reader reads."""
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    pl.DataFrame(rows, schema=["words", "number"], orient="row").write_csv(path)
    _, got = parts_of(path, 1)
    assert pl.concat(got).equals(whole(path))


@pytest.mark.parametrize("step", [1, 100, 130, 5000])
def test_parquet_is_cut_between_row_groups(step: int, tmp_path: Path) -> None:
    """A row group is not divided, and some of them are together where they are small."""
    path = tmp_path / "in.parquet"
    frame = pl.DataFrame({"a": range(1000), "b": [str(i) for i in range(1000)]})
    frame.write_parquet(path, row_group_size=64)
    file, got = parts_of(path, step)
    assert pl.concat(got).equals(frame)
    assert all(part.height <= max(step, 65) for part in got)
    assert [(cut.first, cut.rows) for cut in file.cuts] == [
        (sum(part.height for part in got[:place]), part.height) for place, part in enumerate(got)
    ]
    assert [cut.start for cut in file.cuts[1:]] == [cut.end for cut in file.cuts[:-1]]


@pytest.mark.parametrize("suffix", [".ndjson", ".arrow", ".xlsx"])
def test_other_files_are_one_part(suffix: str, tmp_path: Path) -> None:
    """Their rows hang together, or cannot be found without reading all."""
    path, frame = tmp_path / f"in{suffix}", pl.DataFrame({"a": range(100)})
    {".ndjson": frame.write_ndjson, ".arrow": frame.write_ipc, ".xlsx": frame.write_excel}[suffix](path)
    file, got = parts_of(path, 10)
    assert [part["a"].to_list() for part in got] == [list(range(100))]
    assert [cut.rows for cut in file.cuts] == [None]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_no_rows_are_one_part_with_columns(suffix: str, tmp_path: Path) -> None:
    """So that the output has its header."""
    path = tmp_path / f"in{suffix}"
    empty = pl.DataFrame(schema={"a": pl.String})
    {".parquet": empty.write_parquet, ".csv": empty.write_csv}[suffix](path)
    file, got = parts_of(path, 10)
    assert [(part.height, part.columns) for part in got] == [(0, ["a"])]
    assert [cut.rows for cut in file.cuts] == [0]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_changed_bytes_are_seen_where_they_are_read(suffix: str, tmp_path: Path) -> None:
    """D12: a bit in a part, in what all parts need, and a byte more; parts that did not change are read as ever."""
    path, frame = tmp_path / f"in{suffix}", pl.DataFrame({"a": range(1000)})
    {".parquet": lambda to: frame.write_parquet(to, row_group_size=100), ".csv": frame.write_csv}[suffix](path)
    (file,) = cut_files(path, 100)
    content, before = path.read_bytes(), path.stat()

    def readable(changed: bytes) -> list[bool]:
        path.write_bytes(changed)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        found = []
        for cut in file.cuts:
            try:
                found.append(pl.concat(cut_batches(file, cut, 1000)).height == 100)
            except DataError as error:
                assert "bytes have changed" in str(error)  # noqa: PT017  # of some parts only
                found.append(False)
        return found

    def flipped(place: int) -> bytes:
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    assert readable(content) == [True] * 10
    assert readable(flipped(file.cuts[3].start + 10)) == [number != 3 for number in range(10)]
    assert readable(content + b"\n") == [False] * 10
    if suffix == ".parquet":
        assert readable(flipped(file.shared + 5)) == [False] * 10


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Another machine may see another folder."""
    path = tmp_path / "in.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    (file,) = cut_files(path, 10)
    path.unlink()
    with pytest.raises(DataError, match="same path"):
        list(cut_batches(file, file.cuts[0], 10))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_of_an_object_the_bytes_of_a_part_are_brought(
    form: str, s3: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same parts as of the files on the disk; nothing stays in the spool, and no part brings the whole."""
    frame = pl.DataFrame({"a": range(1000), "b": [f"text {i}" for i in range(1000)]})
    for year in (2020, 2021):
        path = tmp_path / f"year={year}" / f"in.{form}"
        path.parent.mkdir()
        {"parquet": lambda to: frame.write_parquet(to, row_group_size=100), "csv": frame.write_csv}[form](path)
        s3.put(f"cut-{form}/year={year}/in.{form}", path.read_bytes())
    brought = list[int]()
    real = remote.bring_spans

    def counted(address: object, path: Path, spans: Sequence[tuple[int, int]]) -> None:
        brought.append(sum(end - start for start, end in spans))
        real(address, path, spans)  # type: ignore[arg-type]

    monkeypatch.setattr(remote, "bring_spans", counted)
    here, there = list(cut_files(tmp_path, 100)), list(cut_files(f"s3://shop/cut-{form}", 100))
    assert [file.path for file in there] == [f"s3://shop/cut-{form}/year={year}/in.{form}" for year in (2020, 2021)]
    assert [replace(file, path="") for file in there] == [replace(file, path="") for file in here]
    got = pl.concat(frame for file in there for cut in file.cuts for frame in cut_batches(file, cut, 30))
    assert got.equals(whole(tmp_path))
    assert max(brought) < there[0].size / 2
    assert not [path for path in spool().folder.rglob("in.*") if path.parts[-3].startswith("year=")]
    s3.put(f"cut-{form}/year=2020/in.{form}", b"x" * there[0].size)
    with pytest.raises(DataError, match="bytes have changed") as caught:
        list(cut_batches(there[0], there[0].cuts[0], 10))
    assert caught.value.where == there[0].path
    s3.remove(f"cut-{form}/year=2020/in.{form}")
    with pytest.raises(DataError, match="no such object"):
        list(cut_batches(there[0], there[0].cuts[0], 10))


def test_a_table_with_versions_is_not_cut(tmp_path: Path) -> None:
    """Each process makes its file of it for itself: others would not find the one that was cut."""
    deltalake = pytest.importorskip("deltalake", reason="automl[lake] is not installed")
    deltalake.write_deltalake(tmp_path / "sales", pl.DataFrame({"a": [1]}))
    with pytest.raises(DataError, match="not cut into parts"):
        list(cut_files(tmp_path / "sales", 100))
