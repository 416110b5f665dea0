"""Rows from the first sheet of a workbook: its values only, never a formula or a macro, and no decompression bomb."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from automl.errors import DataError

LARGEST = 1 << 30  # bytes of all parts of a workbook once decompressed
RATIO = 200  # decompressed to compressed bytes; honest sheets reach 30
LARGEST_OLD = 1 << 27  # bytes of an .xls file, which is not compressed
OLD = ".xls"
FIRST_YEAR = 1900  # of the days of a workbook
NOT_A_WORKBOOK = "the file is no workbook, or it is damaged"


def read_excel(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """The rows of the first sheet, as values, and the names in its header line; other sheets are not read (D17).

    Raises DataError for a file that is too large once decompressed, before anything of it is opened; for one that is no
    workbook; for a sheet without rows; and where fastexcel is not installed. A cell of the header that is empty or
    merged into the one before has the name "".
    """
    check_size(path)
    try:
        import fastexcel
    except ImportError as error:
        raise DataError(
            "workbooks need fastexcel", where=str(path), hint="pip install 'automl[excel]', or save the sheet as csv"
        ) from error
    try:
        book = fastexcel.read_excel(path)
        head = book.load_sheet(0, header_row=None, n_rows=1, dtypes="string").to_polars() if book.sheet_names else None
        body: Any = book.load_sheet(0, header_row=0)
    except Exception as error:
        raise DataError(NOT_A_WORKBOOK, where=str(path), hint="save it again, or as csv") from error
    if head is None or head.height == 0:
        raise DataError("the first sheet is empty", where=str(path), hint="put the table on the first sheet")
    frame = pl.DataFrame([_times_of_day(column) for column in body.to_polars()])
    frame.columns = [f"{place}" for place in range(frame.width)]
    names = [str(cell or "").strip() for cell in head.row(0)]
    return frame, names[: frame.width] + [""] * (frame.width - len(names))


def _times_of_day(column: pl.Series) -> pl.Series:
    """Cells of a time without a day, which come as moments of the last days of 1899, as times."""
    if not isinstance(column.dtype, pl.Datetime) or column.null_count() == len(column):
        return column
    return column.dt.time() if (column.dt.year() < FIRST_YEAR).all() else column


def check_size(path: Path) -> None:
    """Raise DataError for a workbook that would take too much memory, by what its directory says (D17)."""
    if path.suffix.lower() == OLD:
        if path.stat().st_size > LARGEST_OLD:
            raise DataError("the workbook has more than 128 MB", where=str(path), hint="save it as csv or parquet")
        return
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(NOT_A_WORKBOOK, where=str(path), hint="save it again, or as csv") from error
    size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if size > LARGEST or size > RATIO * max(packed, 1):
        raise DataError(
            f"the workbook has {size:,} bytes in {packed:,}: too much to open",
            where=str(path),
            hint="save it as csv or parquet",
        )
