"""What is written aside bears the number of who writes it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl.own_names import dead_names, own_name


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-P", "-c", ""])
    process.wait()
    return process.pid


def test_each_process_has_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same one each time, beside the output, hidden."""
    ours = own_name(Path("a") / "x.csv", "part")
    assert ours == own_name(Path("a") / "x.csv", "part") == Path("a") / f".x.csv.{os.getpid()}.part"
    monkeypatch.setattr(os, "getpid", lambda: 7)
    assert own_name(Path("a") / "x.csv", "part") != ours


def test_only_the_dead_are_told(dead: int, tmp_path: Path) -> None:
    """Neither what a process that runs is writing, nor files that are called otherwise."""
    out = tmp_path / "x.csv"
    for name in (".x.csv.{}.part", ".x.csv.{}.other", ".y.csv.{}.part", ".x.csv.a{}.part", "x.csv.{}.part"):
        (tmp_path / name.format(dead)).touch()
    for number in (os.getpid(), os.getppid()):
        (tmp_path / f".x.csv.{number}.part").touch()
    assert [path.name for path in dead_names(out, "part")] == [f".x.csv.{dead}.part"]
    assert list(dead_names(tmp_path / "nowhere" / "x.csv", "part")) == []
