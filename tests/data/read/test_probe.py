"""Parquet is read in a child first, which says how much each file is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import polars as pl
import pytest

from automl.data.read import probe as module
from automl.data.read.probe import probe
from automl.data.read.weight import Extent
from automl.errors import DataError


def test_a_file_that_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """D11: it is refused by name; the next one is not blamed."""

    def killed(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, -6, stdout=json.dumps({"path": command[-2]}) + "\n")

    monkeypatch.setattr(module.subprocess, "run", killed)
    with pytest.raises(DataError, match=r"first\.parquet.*signal 6"):
        probe([Path("first.parquet"), Path("second.parquet")])


def test_sound_files_are_counted(tmp_path: Path) -> None:
    """D16: a long text of a dictionary counts in every row; a file that ends in an ordinary error is left out."""
    (tmp_path / "b.parquet").write_text("no parquet")
    text = "\u00e4" * 500
    pl.DataFrame({"a": range(5_000), "t": [text, "short"] * 2_500}).write_parquet(tmp_path / "a.parquet")
    paths = [tmp_path / "b.parquet", tmp_path / "a.parquet"]
    assert probe(paths) == {paths[1]: Extent(rows=5_000, columns=2, text=2_500 * 1_000)}
