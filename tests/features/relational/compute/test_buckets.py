"""Tables in buckets on the disk: every row once, in its order, and nothing that stays."""

from __future__ import annotations

import errno
import gc
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from automl import disk
from automl.errors import MachineError
from automl.features.relational.compute import buckets
from automl.features.relational.compute.buckets import Buckets
from automl.features.relational.compute.partition import bucket

COUNT = 7


@pytest.fixture
def frame() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {"k": rng.integers(0, 40, 500).astype(str), "l": rng.integers(0, 3, 500) / 1.0, "at": range(500)}
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(buckets, "BATCH", 64)
    return tmp_path


def test_a_bucket_has_the_rows_of_its_keys_in_their_order(frame: pl.DataFrame) -> None:
    """Whatever the columns are called on the other side, a key is in the same bucket there."""
    dealt = Buckets(frame.lazy(), ["k", "l"], COUNT)
    there = frame.rename({"k": "one", "l": "other"}).select(bucket(["one", "other"], COUNT)).to_series()
    for number in range(COUNT):
        assert_frame_equal(dealt.of(number).collect(), frame.filter(there == number))


def test_a_bucket_without_rows_has_the_columns(frame: pl.DataFrame) -> None:
    dealt = Buckets(frame.lazy().filter(pl.col("k") == "1"), ["k"], COUNT)
    heights = [dealt.of(number).collect().height for number in range(COUNT)]
    assert sorted(heights)[:-1] == [0] * (COUNT - 1)
    assert all(dealt.of(number).collect_schema() == frame.schema for number in range(COUNT))


def test_they_go_with_who_holds_them(frame: pl.DataFrame, folder: Path) -> None:
    """B12: nothing is left in the temporary folder."""
    dealt = Buckets(frame.lazy(), ["k"], COUNT)
    assert list(folder.iterdir())
    del dealt
    gc.collect()
    assert not list(folder.iterdir())


def test_a_full_disk_is_said_and_leaves_nothing(
    frame: pl.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R08: a disk that is full in the middle."""

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(disk.system, "write", refuse)
    with pytest.raises(MachineError, match="the disk is full"):
        Buckets(frame.lazy(), ["k"], COUNT)
    assert not list(folder.iterdir())
