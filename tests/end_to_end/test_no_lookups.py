"""What scores speaks to nobody: every call to the network is traced, and an empty home stays empty."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import polars as pl
import psutil
import pytest

from automl.graph.runtime import SWITCH

STRACE = shutil.which("strace")
PATIENCE = 60.0  # seconds for a traced server to listen on a busy machine
LOOKS_UP = "import socket\ntry: socket.getaddrinfo('nothing.invalid', 80)\nexcept OSError: pass"

Trace = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """Starts a program in an empty home that never heard of the switch; `lookups` are its calls to others."""
    (tmp_path / "home").mkdir()
    told = {key: value for key, value in os.environ.items() if key != SWITCH and not key.startswith("XDG_")}
    environment = told | {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}

    def start(*command: str | Path) -> subprocess.Popen[str]:
        tracer = [str(STRACE), "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", tmp_path / "trace"]
        with (tmp_path / "said").open("w") as said:
            return subprocess.Popen([*tracer, *command], env=environment, stderr=said, cwd=tmp_path, text=True)

    if STRACE is None:
        pytest.skip("strace is not installed")
    if start("true").wait() != 0:
        pytest.skip("nothing may be traced here")
    return start


@pytest.fixture
def rows(raw: pl.DataFrame, tmp_path: Path) -> Path:
    """A file to score."""
    raw.head(5).write_csv(tmp_path / "rows.csv")
    return tmp_path / "rows.csv"


def lookups(folder: Path) -> list[str]:
    """The calls that go out: connections to any address, and what is sent to one."""
    lines = (folder / "trace").read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if "connect(" in line or re.search("send.*sa_family=AF_INET", line)]


def test_a_look_up_would_be_seen(trace: Trace, tmp_path: Path) -> None:
    """The trace of a program that asks for a host is not empty."""
    assert trace(sys.executable, "-c", LOOKS_UP).wait() == 0
    assert lookups(tmp_path)


@pytest.mark.parametrize("program", ["predict", "workers", "score.py"])
def test_files_are_scored_without_a_word_to_others(
    program: str, trace: Trace, bundle: Path, rows: Path, tmp_path: Path
) -> None:
    """Nobody is asked, nothing is left in the home."""
    predict = [sys.executable, "-m", "automl", "predict", bundle]
    start = {
        "predict": predict,
        "workers": [*predict, "--workers", "2"],
        "score.py": [sys.executable, bundle / "score.py"],
    }
    assert trace(*start[program], rows, "-o", tmp_path / "out.csv").wait() == 0
    assert (tmp_path / "out.csv").exists()
    assert (lookups(tmp_path), list((tmp_path / "home").rglob("*"))) == ([], [])


def test_the_server_answers_and_asks_nobody(trace: Trace, bundle: Path, raw: pl.DataFrame, tmp_path: Path) -> None:
    """It listens, opens its bundle and answers a row; its workers are traced too."""
    tracer = trace(sys.executable, "-m", "automl", "serve", bundle, "--port", "0")
    try:
        address = _listening(tracer, tmp_path / "said")
        body = json.dumps({"rows": [raw.row(0, named=True)]}).encode()
        asked = urllib.request.Request(f"{address}/predict", body, {"content-type": "application/json"})  # noqa: S310  # ours
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310  # as above
            assert json.loads(answer.read())["warnings"] == []
    finally:
        for server in psutil.Process(tracer.pid).children():
            server.terminate()
        tracer.wait(PATIENCE)
    assert (lookups(tmp_path), list((tmp_path / "home").rglob("*"))) == ([], [])


def _listening(tracer: subprocess.Popen[str], said: Path) -> str:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and tracer.poll() is None:
        if found := re.search("answers on (http://[0-9.:]+)", said.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(said.read_text())
