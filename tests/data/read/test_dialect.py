"""How a csv is written is found from its bytes."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.data.read.dialect import Dialect, sniff
from automl.errors import DataError


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_separators(write: Callable[..., Path], sign: str) -> None:
    """The separator is found, also where values hold other separators."""
    assert sniff(write(f'a{sign}b\n1{sign}"x, y; z"\n2{sign}w\n'))[0] == Dialect(separator=sign)


def test_single_quotes(write: Callable[..., Path]) -> None:
    """Where most values stand in single quotes, these are the quotes."""
    assert sniff(write("'a','b'\n'1','x,y'\n'2','z'\n"))[0] == Dialect(quote="'")


def test_blanks_after_separators(write: Callable[..., Path]) -> None:
    """A blank after most separators is no part of a value."""
    assert sniff(write("a, b, c\n1, x, p\n2, q, r\n"))[0] == Dialect(skip_blank=True)


def test_nul(write: Callable[..., Path]) -> None:
    """D09: a NUL byte is refused with its offset."""
    with pytest.raises(DataError, match="offset 5") as error:
        sniff(write(b"a,b\n1\x00,2\n"))
    assert "rows.csv" in str(error.value)
    assert error.value.exit_code == 3


def test_a_cut_line_changes_nothing(write: Callable[..., Path]) -> None:
    """The dialect of a big file is that of its first rows, without the one that the look ends in."""
    draw = random.Random(1)  # noqa: S311  # test data
    text = "a;b\n" + "".join(f"{draw.random():.6f}".replace(".", ",") + f";{'w' * 40}\n" for _ in range(8000))
    assert sniff(write(text))[0].separator == ";"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("größe,wörd\n1,café\n".encode(), "utf-8"),
        ("größe,wörd\n1,café\n".encode("utf-8-sig"), "utf-8-sig"),
        ("größe,wörd\n1,café\n".encode("utf-16"), "utf-16"),
        ("größe,wörd\n1,€\n".encode("cp1252"), "cp1252"),
        (b"a,b\n1,\x81\n", "latin-1"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(write: Callable[..., Path], content: bytes, encoding: str) -> None:
    """D09: UTF-8 where it is valid, by its mark UTF-16, else Windows-1252, or Latin-1 where that has no such byte."""
    dialect, digest = sniff(write(content))
    assert dialect.encoding == encoding
    assert digest == hashlib.sha256(content).hexdigest()


def test_a_file_of_one_column_has_any_separator(write: Callable[..., Path]) -> None:
    """Nothing is separated, and nothing breaks."""
    assert sniff(write("a\n1\n2\n"))[0] == Dialect()


def test_a_tsv_has_tabs(write: Callable[..., Path]) -> None:
    """A separator that is known is not looked for."""
    assert sniff(write("a,b\tc\n1,2\t3\n"), "\t")[0].separator == "\t"


def test_the_dialect_is_kept_as_json() -> None:
    """What score.py needs to open the file stands in it under the names of old."""
    dialect = Dialect(separator=";", quote="'", skip_blank=True, encoding="cp1252")
    assert dialect.json() == {"separator": ";", "quote": "'", "skip_blank": True, "encoding": "cp1252"}
    assert Dialect(**dialect.json()) == dialect


@pytest.mark.parametrize("content", ["", "\n\n", "  "])
def test_a_file_without_a_line_is_empty(write: Callable[..., Path], content: str) -> None:
    """There is no header to be read."""
    with pytest.raises(DataError, match="the file is empty"):
        sniff(write(content))
