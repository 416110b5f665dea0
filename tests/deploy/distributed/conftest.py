"""A manifest over a few thousand rows, and a clock that goes on only while somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.deploy import batch
from automl.deploy.distributed import join as of
from automl.deploy.distributed.join import Joined, join
from automl.deploy.distributed.plan import plan


class Waiting:
    """A monotonic clock that a pause moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def data(raw: pl.DataFrame, tmp_path: Path) -> Path:
    """2,000 rows of CSV: each look at a parquet file would begin in a process of its own."""
    path = tmp_path / "in.csv"
    pl.concat([raw] * 4).write_csv(path)
    return path


@pytest.fixture
def plain(bundle: Path, data: Path, tmp_path: Path) -> Callable[[str], bytes]:
    """What one run writes, by the ending of its output."""

    def whole(suffix: str) -> bytes:
        batch.predict(bundle, data, tmp_path / f"plain{suffix}")
        return (tmp_path / f"plain{suffix}").read_bytes()

    return whole


@pytest.fixture
def planned(bundle: Path, data: Path, tmp_path: Path) -> Callable[..., Path]:
    """The folder of a new manifest with an output of that name."""

    def make(name: str = "out.csv", **more: object) -> Path:
        folder = tmp_path / f"{name}.job"
        plan(bundle, data, folder, tmp_path / name, rows=300, **more)  # type: ignore[arg-type]
        return folder

    return make


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Joined]:
    """Joins a folder; the bundle is opened once for all, and waiting takes no time."""
    opened: list[object] = []
    real = of._opened

    def once(*arguments: object) -> object:
        if not opened:
            opened.append(real(*arguments))  # type: ignore[arg-type]
        return opened[0]

    def joined(folder: Path, **more: object) -> Joined:
        clock = Waiting()
        with monkeypatch.context() as patched:
            patched.setattr(of, "_opened", once)
            return join(folder, clock=clock, pause=clock.pause, **more)  # type: ignore[arg-type]

    return joined
