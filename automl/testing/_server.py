"""A server of its own in a process of its own, and what it wrote: what tests of serving ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

PATIENCE: Final = 60.0  # seconds for anything to happen on a busy machine


class Running:
    """A server that listens at `address`, and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log
        self.address: str = self.wait("listening")["address"]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The events of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def wait(self, event: str, count: int = 1) -> dict[str, Any]:
        """The last of `count` events of that name."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and self.process.poll() is None:
            found = [line for line in self.lines if line["event"] == event]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"no {event}: {self.log.read_text()}")

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        return list(psutil.Process(self.process.pid).children())

    def predict(self, row: dict[str, object]) -> httpx.Response:
        """The answer to one row."""
        with httpx.Client(base_url=self.address, timeout=PATIENCE) as client:
            return client.post("/predict", json={"rows": [row]})


@contextmanager
def running(bundle: Path, log: Path, *options: str) -> Iterator[Running]:
    """A server of a bundle or a registry for a block."""
    command = [sys.executable, "-P", "-m", "automl", "serve", str(bundle), "--port", "0", *options]
    with log.open("w") as stderr:
        environment = {**os.environ, "TMPDIR": str(log.parent)}  # what a kill leaves behind goes with the test
        process = subprocess.Popen(command, stderr=stderr, stdout=subprocess.DEVNULL, env=environment)
        try:
            yield Running(process, log)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)
