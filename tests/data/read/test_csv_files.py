"""Rows of csv files are read as they are written, or refused with the number of a line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.data.read import csv_files
from automl.data.read.csv_files import csv_batches, lossless, read_csv, sample_csv
from automl.data.read.csv_lines import LeftOut
from automl.data.read.dialect import Dialect, sniff
from automl.errors import DataError


def whole(path: Path) -> pl.DataFrame:
    """The rows with whole numbers as numbers."""
    return lossless(read_csv(path, sniff(path)[0], [].append))


def parts(path: Path, rows: int) -> list[pl.DataFrame]:
    return list(csv_batches(path, sniff(path)[0], rows, [].append))


def test_csv_keeps_what_is_written(write: Callable[..., Path]) -> None:
    """Whole numbers become Int64 only where nothing is lost; leading zeros, decimals and words stay text."""
    path = write('n,zip,price,word\n1,"02134",1.50,x\n-20,"98125",2,\n')
    frame = whole(path)
    assert frame.schema == {"n": pl.Int64, "zip": pl.String, "price": pl.String, "word": pl.String}
    assert frame.rows() == [(1, "02134", "1.50", "x"), (-20, "98125", "2", None)]


def test_blank_after_separator(write: Callable[..., Path]) -> None:
    """`a, b` is read without the blank, quotes after it included, in the header too."""
    assert whole(write('a, b, c\n1, "x, y", p\n2, q, r\n')).rows() == [(1, "x, y", "p"), (2, "q", "r")]
    assert whole(write("a, b\n1, x\n2, y\n")).rows() == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings(write: Callable[..., Path], encoding: str) -> None:
    """D09: UTF-8, its byte order mark, UTF-16 and Western bytes are read as what they say, whole and in batches."""
    text = "größe,wörd\n1,café\n2,naïve\n" + ("3,€\n" if encoding != "latin-1" else "")
    path = write(text.encode(encoding))
    frame = whole(path)
    assert frame.columns == ["größe", "wörd"]
    assert frame["wörd"][:2].to_list() == ["café", "naïve"]
    assert pl.concat(parts(path, 2)).equals(frame.cast(pl.String))


@pytest.mark.parametrize(
    ("text", "line"), [("a,b\n1,2\n3\n", 3), ("a,b\n1,2\n3,4,5\n", 3), ('a,b\n"x\ny",2\n3\n', 4), ("a,b\n1\n", 2)]
)
def test_ragged(write: Callable[..., Path], text: str, line: int) -> None:
    """D10: a row that is too short or too long is refused with the number of its line."""
    path = write(text)
    for read in (lambda: whole(path), lambda: parts(path, 10)):
        with pytest.raises(DataError, match=f"line {line} has"):
            read()


def test_csv_oddities(write: Callable[..., Path]) -> None:
    """D10: line breaks in quotes, doubled quotes, empty last values, blank lines and CRLF read as one means them."""
    path = write('a,b\r\n1,"x\ny"\r\n2,"say ""hi"""\r\n\r\n3,\r\n\r\n')
    expected = [(1, "x\ny"), (2, 'say "hi"'), (3, None)]
    assert whole(path).rows() == expected
    assert pl.concat(parts(path, 2)).rows() == [(str(a), b) for a, b in expected]


def test_wide_field(write: Callable[..., Path]) -> None:
    """D10: one value of megabytes is a value."""
    assert whole(write("a,b\n1," + "x" * 3_000_000 + "\n2,\n"))["b"].str.len_bytes().to_list() == [3_000_000, None]


def test_header_only(write: Callable[..., Path]) -> None:
    """D15: a header without rows is a frame of no rows."""
    assert whole(write("a,b\n")).shape == (0, 2)
    assert [part.shape for part in parts(write("a,b\n"), 5)] == [(0, 2)]


def test_index_column(write: Callable[..., Path]) -> None:
    """The row numbers that pandas writes without a name get one."""
    assert whole(write(",a\n0,x\n1,y\n")).columns == ["column_1", "a"]


def test_a_share_of_the_rows_is_spread_evenly(tmp_path: Path) -> None:
    """D16: a tenth of the rows, in their order, of every tenth of the file."""
    path = tmp_path / "rows.csv"
    pl.DataFrame({"row": range(10_000)}).write_csv(path)
    rows = sample_csv(path, Dialect(), [].append, 0.1)["row"].cast(pl.Int64)
    assert rows.is_sorted()
    assert (rows // 1_000).value_counts()["count"].to_list() == pytest.approx([100] * 10, abs=2)


@pytest.mark.parametrize("dialect", [Dialect(encoding="utf-16"), Dialect(encoding="cp1252"), Dialect(skip_blank=True)])
def test_what_polars_cannot_read_is_sampled_alike(write: Callable[..., Path], dialect: Dialect) -> None:
    """D16: in another encoding, or with blanks after the separator, the same rows are taken."""
    text = "row,name\n" + "".join(f"{row}, \u00e4{row}\n" for row in range(1_000))
    plain = sample_csv(write(text), Dialect(), [].append, 0.1)
    other = sample_csv(write(text.encode(dialect.encoding)), dialect, [].append, 0.1)
    assert other["row"].equals(plain["row"])
    assert other["name"].str.strip_chars().equals(plain["name"].str.strip_chars())


def test_a_row_longer_than_a_block_is_sampled(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """D10: with line breaks in it; what the environment says of blocks stands again afterwards."""
    monkeypatch.setattr(csv_files, "BLOCK", 1_000)
    monkeypatch.setenv("POLARS_CSV_CHUNK_SIZE", "5000")
    texts = ["", "long\n" * 1_000]
    path = write("row,text\n" + "".join(f'{row},"{texts[row % 2]}"\n' for row in range(500)))
    found = sample_csv(path, Dialect(), [].append, 0.5)
    assert found.height == pytest.approx(250, abs=2)
    assert (found["row"].cast(pl.Int64) % 2 == found["text"].str.len_bytes().fill_null(0) // 5_000).all()
    assert os.environ["POLARS_CSV_CHUNK_SIZE"] == "5000"


def test_a_sample_of_short_rows_is_refused(write: Callable[..., Path]) -> None:
    """D10: rows wider than the header have no names."""
    with pytest.raises(DataError):
        sample_csv(write("a,b\n1,2,3\n4,5,6\n"), Dialect(), [].append, 0.5)


ABOVE = {
    "none": ("", 0),
    "a title": ("Sales\n", 1),
    "a title as wide as the table": ("Sales,,\n,,\n", 2),
    "a title of two lines and a blank one": ('"Sales\nof all"\n\n', 3),
}


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("repeated", [0, 2])
@pytest.mark.parametrize("form", ["{}", "{}\n", "\ufeff{}"])
def test_lines_that_are_no_rows(write: Callable[..., Path], above: str, repeated: int, form: str) -> None:
    """A preamble and headers that come again are left out and told; whole, in a sample and in batches alike."""
    text, lines = ABOVE[above]
    header = 'id,"the text",\u00e9'
    rows = [f"{row},word {row},{row * 0.5}" for row in range(60)]
    body = "\n".join([header, *rows[:20], *[header] * repeated, *rows[20:]])
    path = write((form.format(text + body)).encode())
    told: list[LeftOut] = []
    dialect = sniff(path)[0]
    frame = lossless(read_csv(path, dialect, told.append))
    assert frame["id"].to_list() == list(range(60))
    batched = pl.concat(csv_batches(path, dialect, 7, told.append))
    assert lossless(batched).equals(frame)
    assert lossless(sample_csv(path, dialect, told.append, 1.0)).equals(frame)
    assert told == ([LeftOut(lines, repeated)] * 3 if lines or repeated else [])


def test_one_column_repeats_what_it_likes(write: Callable[..., Path]) -> None:
    """In a file of one column a value may be its name."""
    assert whole(write("word\na\nword\nb\n"))["word"].to_list() == ["a", "word", "b"]
