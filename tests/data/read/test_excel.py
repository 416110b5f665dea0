"""Workbooks: values of the first sheet, and nothing that could harm."""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from automl.data.read import excel
from automl.data.read.excel import Extent
from automl.data.read.source import load
from automl.errors import DataError


def workbook(path: Path, cells: list[list[object]], *, merged: bool = False) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("rows")
        for at, row in enumerate(cells):
            sheet.write_row(at, 0, row)
        if merged:
            sheet.merge_range(0, 0, 0, 1, "both")
        book.add_worksheet("other").write(0, 0, "not read")
    return path


def test_values(tmp_path: Path) -> None:
    """D17: the first sheet is read as values; a formula is what it last gave, and its text is nowhere."""
    path = workbook(tmp_path / "a.xlsx", [["n", "name", "code"], [1, "a", "02134"], [2.5, None, "00001"]])
    source = load(path)
    assert source.frame.columns == ["n", "name", "code"]
    assert source.frame["n"].to_list() == [1.0, 2.5]
    assert source.frame["name"].to_list() == ["a", None]
    assert source.frame["code"].to_list() == ["02134", "00001"]
    assert list(source.digests) == [str(path)]
    with xlsxwriter.Workbook(str(tmp_path / "f.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["n"])
        sheet.write_formula(1, 0, "=1+1", value=2)
    assert load(tmp_path / "f.xlsx").frame["n"].to_list() == [2]


@pytest.mark.parametrize(
    ("header", "merged", "match"),
    [(["a", "a"], False, "same name: 'a'"), (["", ""], True, "no name"), (["a", ""], False, "no name")],
)
def test_headers(tmp_path: Path, header: list[object], merged: bool, match: str) -> None:
    """D05, D17: double, empty and merged names of the header are refused."""
    with pytest.raises(DataError, match=match):
        load(workbook(tmp_path / "a.xlsx", [header, [1, 2]], merged=merged))


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D17: a workbook that grows two hundred times or beyond the cap is refused before anything of it is opened."""
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    with pytest.raises(DataError, match="too much to open"):
        load(bomb)
    honest = workbook(tmp_path / "a.xlsx", [["n"], [1]])
    assert load(honest).frame.height == 1
    monkeypatch.setattr(excel, "LARGEST", 100)
    with pytest.raises(DataError, match="too much to open"):
        load(honest)
    old = tmp_path / "old.xls"
    old.write_bytes(b"x" * 20)
    monkeypatch.setattr(excel, "LARGEST_OLD", 10)
    with pytest.raises(DataError, match="128 MB"):
        load(old)


def test_a_size_that_lies(tmp_path: Path) -> None:
    """D17: parts are counted while they are inflated; what the directory says is not believed."""
    path = workbook(tmp_path / "a.xlsx", [["n"], *([number] for number in range(20_000))])
    with zipfile.ZipFile(path) as book:
        size = book.getinfo("xl/worksheets/sheet1.xml").file_size
    lie = path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 100))
    path.write_bytes(lie)
    with pytest.raises(DataError, match="no workbook"):
        load(path)


def test_only_what_was_counted_is_opened(tmp_path: Path) -> None:
    """D17: a part that stands twice, or is packed in a way that Python inflates without a limit, is refused."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_BZIP2) as book:
        book.writestr("xl/workbook.xml", b"<a/>")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", b"<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            book.writestr("xl/workbook.xml", b"<b/>")
    for name in ("a.xlsx", "b.xlsx"):
        with pytest.raises(DataError, match="no workbook"):
            load(tmp_path / name)


@pytest.mark.parametrize("sign", ['"', "'"])
def test_cells_far_apart(tmp_path: Path, sign: str) -> None:
    """D17: two cells at opposite ends of a sheet are 17 billion places, for which a reader would end the process."""
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["n", 1])
        sheet.write(1_048_575, 16_383, 2)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as other:
        for name in book.namelist():
            other.writestr(name, book.read(name).replace(b'r="XFD1048576"', f"r = {sign}XFD1048576{sign}".encode()))
    for name in ("a.xlsx", "b.xlsx"):
        with pytest.raises(DataError, match="too much to open: a sheet has cells over 17,179,869,184 places"):
            load(tmp_path / name)


def test_cells_are_found_wherever_the_text_is_cut() -> None:
    """A part of a sheet may end within the name of a cell."""
    text = b'<row r="1"><c r="B2"/><c t="s" r="AA30"><v>9</v></c></row>'
    for cut in range(len(text)):
        extent = Extent().with_cells(text[:cut]).with_cells(text[cut:])
        assert (extent.rows, extent.columns, extent.cells) == (30, 27, 810)


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04broken"])
@pytest.mark.parametrize("name", ["a.xlsx", "a.xls"])
def test_damaged(tmp_path: Path, name: str, content: bytes) -> None:
    """D17: what is no workbook is an error of the data."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"empty|no workbook"):
        load(tmp_path / name)


def test_without_fastexcel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fastexcel the error says how to install it."""
    path = workbook(tmp_path / "a.xlsx", [["n"], [1]])
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(DataError, match=r"automl\[excel\]"):
        load(path)


def test_empty_sheet(tmp_path: Path) -> None:
    """A sheet without a cell is refused; one with a header alone has no rows."""
    with pytest.raises(DataError, match="empty"):
        load(workbook(tmp_path / "a.xlsx", []))
    assert load(workbook(tmp_path / "b.xlsx", [["n", "m"]])).frame.shape == (0, 2)
    assert isinstance(load(tmp_path / "b.xlsx").frame, pl.DataFrame)
