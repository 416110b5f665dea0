"""Nothing that polars does ends the process or reaches people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from automl.data.read.guard import guarded, guarded_parts
from automl.errors import DataError


def _panic() -> None:
    os.write(2, b"thread panicked\n")
    raise pl.exceptions.PanicException("out of bounds")


def test_panic(capfd: pytest.CaptureFixture[str]) -> None:
    """D11: a panic, which is no `Exception`, becomes a DataError, and its trace is not shown."""
    with pytest.raises(DataError, match=r"a\.parquet: the file cannot be read: out of bounds"):
        guarded(_panic, Path("a.parquet"))
    assert capfd.readouterr().err == ""


def test_words_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    """What is printed while all goes well is shown."""
    guarded(lambda: os.write(2, b"a note\n"), Path("a.parquet"))
    assert capfd.readouterr().err == "a note\n"


def test_stop() -> None:
    """Ctrl-C is no damaged file."""

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded(stop, Path("a.parquet"))


def test_parts(capfd: pytest.CaptureFixture[str]) -> None:
    """D11: each part is got as one value is: those before a panic come, the panic is a DataError."""

    def parts() -> Iterator[int]:
        yield 1
        _panic()

    found = guarded_parts(parts(), Path("a.parquet"))
    assert next(found) == 1
    with pytest.raises(DataError, match=r"a\.parquet: the file cannot be read: out of bounds"):
        next(found)
    assert capfd.readouterr().err == ""
