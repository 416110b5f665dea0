"""Nothing that polars does ends the process or reaches people."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import polars as pl
import pytest

from automl.data.read import guard
from automl.data.read.guard import guarded, probe
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


def test_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """D11: a file that ends the process is refused by name; the next one is not blamed."""

    def killed(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, -6, stdout=f"{command[-2]}\n")

    monkeypatch.setattr(guard.subprocess, "run", killed)
    with pytest.raises(DataError, match=r"first\.parquet.*signal 6"):
        probe([Path("first.parquet"), Path("second.parquet")])


def test_probe_of_a_sound_file(tmp_path: Path) -> None:
    """A sound file, and one that ends in an ordinary error, pass."""
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_text("no parquet")
    probe([tmp_path / "a.parquet", tmp_path / "b.parquet"])
