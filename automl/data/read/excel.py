"""Rows from the first sheet of a workbook: its values only, never a formula or a macro, and no decompression bomb."""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from automl.errors import DataError

LARGEST = 1 << 30  # bytes of all parts of a workbook once decompressed
RATIO = 200  # decompressed to compressed bytes; honest sheets reach 30
LARGEST_OLD = 1 << 27  # bytes of an .xls file, which is not compressed
MOST_CELLS = 1 << 26  # places of a sheet, empty ones too: a reader holds all of them
CHUNK = 1 << 20
CELL = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{0,3})([0-9]{1,7})["']""")  # of a cell "XFD7", of a row "7"
LONGEST = 64  # bytes of such an attribute, with room
PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # Python inflates others without a limit
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError)
OLD = ".xls"
FIRST_YEAR = 1900  # of the days of a workbook
NOT_A_WORKBOOK = "the file is no workbook, or it is damaged"


def read_excel(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """The rows of the first sheet, as values, and the names in its header line; other sheets are not read (D17).

    Raises DataError for a file that is too large once decompressed or whose cells lie too far apart, before a reader of
    workbooks sees it; for one that is no workbook; for a sheet without rows; and where fastexcel is not installed. A
    cell of the header that is empty or merged into the one before has the name "".
    """
    try:
        import fastexcel
    except ImportError as error:
        raise DataError(
            "workbooks need fastexcel", where=str(path), hint="pip install 'automl[excel]', or save the sheet as csv"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        measured = _measured(path, Path(folder))
        try:
            book = fastexcel.read_excel(measured)
            head = (
                book.load_sheet(0, header_row=None, n_rows=1, dtypes="string").to_polars() if book.sheet_names else None
            )
            body: Any = book.load_sheet(0, header_row=0)
        except Exception as error:
            raise DataError(NOT_A_WORKBOOK, where=str(path), hint="save it again, or as csv") from error
    if head is None or head.height == 0:
        raise DataError("the first sheet is empty", where=str(path), hint="put the table on the first sheet")
    frame = pl.DataFrame([_times_of_day(column) for column in body.to_polars()])
    frame.columns = [f"{place}" for place in range(frame.width)]
    names = [str(cell or "").strip() for cell in head.row(0)]
    return frame, names[: frame.width] + [""] * (frame.width - len(names))


def inflated(path: Path) -> int:
    """Bytes of a workbook once decompressed, as its directory says; 0 where there is none: reading it tells why."""
    try:
        with zipfile.ZipFile(path) as book:
            return sum(part.file_size for part in book.infolist())
    except DAMAGED:
        return 0


def _times_of_day(column: pl.Series) -> pl.Series:
    """Cells of a time without a day, which come as moments of the last days of 1899, as times."""
    if not isinstance(column.dtype, pl.Datetime) or column.null_count() == len(column):
        return column
    return column.dt.time() if (column.dt.year() < FIRST_YEAR).all() else column


def _measured(path: Path, folder: Path) -> Path:
    """The workbook as it may be opened: in `folder`, its parts written anew as they were counted (D17).

    What a directory says of a part's size is not believed, and no other reader finds another directory in the file.
    Raises DataError for a workbook that would take too much memory.
    """
    if path.suffix.lower() == OLD:
        if path.stat().st_size > LARGEST_OLD:
            raise DataError("the workbook has more than 128 MB", where=str(path), hint="save it as csv or parquet")
        return path
    anew = folder / f"measured{path.suffix}"
    try:
        with zipfile.ZipFile(path) as book, zipfile.ZipFile(anew, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            _copy(book, copy, str(path))
    except DAMAGED as error:
        raise DataError(NOT_A_WORKBOOK, where=str(path), hint="save it again, or as csv") from error
    return anew


def _copy(book: zipfile.ZipFile, copy: zipfile.ZipFile, where: str) -> None:
    """Each part once, counted while it is inflated."""
    parts, size = book.infolist(), 0
    packed = sum(part.compress_size for part in parts)
    if len({part.filename for part in parts}) < len(parts) or any(part.compress_type not in PLAIN for part in parts):
        raise zipfile.BadZipFile("a part stands twice, or is packed as workbooks are not")
    for part in parts:
        extent = Extent()
        with book.open(part) as source, copy.open(part.filename, "w") as target:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                extent = extent.with_cells(chunk)  # whatever its name: a workbook says which of its parts are sheets
                if size > min(LARGEST, RATIO * max(packed, 1)) or extent.cells > MOST_CELLS:
                    raise _too_much(size, packed, extent.cells, where)
                target.write(chunk)


def _too_much(size: int, packed: int, cells: int, where: str) -> DataError:
    what = f"a sheet has cells over {cells:,} places" if cells > MOST_CELLS else f"over {size:,} bytes in {packed:,}"
    return DataError(f"the workbook is too much to open: {what}", where=where, hint="save it as csv or parquet")


class Extent(NamedTuple):
    """The lowest row and the rightmost column of a sheet that any cell names; a reader holds all places up to them.

    `tail` is the end of the text so far, in which a cell may have begun.
    """

    rows: int = 0
    columns: int = 0
    tail: bytes = b""

    @property
    def cells(self) -> int:
        return self.rows * max(self.columns, 1)

    def with_cells(self, chunk: bytes) -> Extent:
        """With those of the cells and rows that the next part of a sheet's XML has."""
        text = self.tail + chunk
        found = set(CELL.findall(text))
        rows = max((int(digits) for _, digits in found), default=0)
        columns = max((_column(letters.upper()) for letters, _ in found), default=0)
        return Extent(max(self.rows, rows), max(self.columns, columns), text[-LONGEST:])


def _column(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number
