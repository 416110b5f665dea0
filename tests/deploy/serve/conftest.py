"""Small true bundles behind the app, and a way to ask it without a socket."""

from __future__ import annotations

import asyncio
import io
import json

import httpx
import pytest

from automl.deploy.serve.app import Current, make_app
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.model import Model
from automl.deploy.serve.settings import Settings


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
