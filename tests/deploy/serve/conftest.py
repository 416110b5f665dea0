"""Small true bundles behind the app, and a way to ask it without a socket."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from automl.deploy.serve.app import make_app
from automl.deploy.serve.current import Current
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.model import Model
from automl.deploy.serve.settings import Settings

PATIENCE = 60.0  # seconds for anything to happen on a busy machine


class Served:
    """The app around a model, and what it wrote to its log."""

    def __init__(self, path, settings=None, token=None):
        self.settings = settings or Settings()
        self.model = Model.open(path, self.settings)
        self.current = Current(self.model)
        self.stream = io.StringIO()
        self.meter = Meter()
        log = Log(self.stream, rate=10_000)
        self.app = make_app(self.current, self.settings, token=token, log=log, meter=self.meter)

    @property
    def lines(self):
        """The events of the log."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def row(self):
        """A row that can be scored."""
        return dict(self.model.schema["example"]["request"]["rows"][0])

    def ask(self, method, path, **how):
        """One request, one answer."""
        return self.together([(method, path, how)])[0]

    def together(self, requests):
        """Requests at the same time."""

        async def all_of_them():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await asyncio.gather(*(client.request(m, path, **how) for m, path, how in requests))

        return asyncio.run(all_of_them())

    def predict(self, *rows, **how):
        """The answer to rows as JSON."""
        return self.ask("POST", "/predict", json={"rows": list(rows)}, **how)

    def post(self, content, kind="application/json", **headers):
        """The answer to a body as it is."""
        return self.ask("POST", "/predict", content=content, headers={"content-type": kind, **headers})


@pytest.fixture(scope="session")
def serving():
    """Makes a `Served` of a bundle."""
    return Served


@pytest.fixture(scope="session")
def opened(bundle):
    """The app around the shared bundle; ask only."""
    return Served(bundle)


@pytest.fixture
def served(opened):
    """The shared app with an empty log."""
    opened.stream.seek(0)
    opened.stream.truncate()
    return opened


@pytest.fixture(scope="session")
def shop(make_shop, tmp_path_factory):
    """A bundle of two tables: what a customer spent is in a table of purchases."""
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.bundle")


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
def _running(bundle: Path, log: Path, *options: str) -> Iterator[Running]:
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


def _until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture(scope="session")
def running():
    """A server of its own in a process of its own: of a bundle or a registry, its log, and options."""
    return _running


@pytest.fixture(scope="session")
def until():
    """Waits until something is so."""
    return _until
