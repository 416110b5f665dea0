"""What a server says of its watch, and the labels that it takes."""

from __future__ import annotations

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from automl.bundle.read import Bundle
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.settings import Settings
from automl.watch.labels import latest
from automl.watch.look import look
from automl.watch.predictions import Writer, batch_of_frames, model_of
from automl.watch.store import open_store

TOKEN = {"authorization": "Bearer secret"}


@pytest.fixture
def where(tmp_path, bundle, raw):
    """A store with answered rows."""
    path = str(tmp_path / "watch.db")
    store, model = open_store(path, create=True), Bundle.load(bundle)
    writer = Writer(store, model_of(model))
    scored = model.score(raw, typed=False)
    writer.write("one", batch_of_frames(writer.columns, writer.keys, raw, scored, [10**15] * raw.height))
    store.close()
    return path


def served(serving, bundle, where):
    return serving(bundle, Settings(log=where), token="secret")  # noqa: S106  # of this test


def test_labels_by_request(serving, bundle, raw, where) -> None:
    """They are taken with the token, each once, and what is odd is told."""
    server = served(serving, bundle, where)
    target = server.model.bundle.manifest.target
    rows = [{"id": raw["id"][0], target.name: target.texts[1]}, {"id": "nobody", target.name: target.texts[0]}]
    first, again = (server.ask("POST", "/labels", json={"rows": rows}, headers=TOKEN).json() for _ in range(2))
    assert (first["new"], first["unknown"], again["again"]) == (2, 1, 2)
    assert "no prediction" in first["notes"][0]
    store = open_store(where)
    with store.reading() as connection:
        assert latest(connection, 2**60).height == 2
    store.close()


def test_labels_need_the_token(serving, bundle, where) -> None:
    """Without one at the server nobody may write labels, with one those who have it."""
    assert served(serving, bundle, where).ask("POST", "/labels", json={"rows": []}).status_code == 401
    answer = serving(bundle, Settings(log=where)).ask("POST", "/labels", json={"rows": []})
    assert answer.status_code == 403
    assert "AUTOML_TOKEN" in answer.json()["error"]["hint"]


@pytest.mark.parametrize(
    ("rows", "where_"),
    [([{"id": 1}], "rows[0]"), ([{"id": 1, "TARGET": "x", "known": "soon"}], "rows[0].known"), (7, "body")],
)
def test_labels_that_are_none(serving, bundle, where, rows, where_) -> None:
    """A missing column and a moment that is none are refused with their place."""
    server = served(serving, bundle, where)
    target = server.model.bundle.manifest.target.name
    sent = rows if rows == 7 else [{target if n == "TARGET" else n: v for n, v in row.items()} for row in rows]
    answer = server.ask("POST", "/labels", json={"rows": sent}, headers=TOKEN)
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == where_


def test_the_last_look(serving, bundle, where) -> None:
    """404 before there was one, or without a store; then its document."""
    server = served(serving, bundle, where)
    assert server.ask("GET", "/watch", headers=TOKEN).status_code == 404
    assert serving(bundle).ask("GET", "/watch").status_code == 404
    store = open_store(where)
    look(store, server.model.bundle, at=10**15 + 1)
    store.close()
    told = server.ask("GET", "/watch", headers=TOKEN).json()
    assert (told["number"], told["rows"], told["says"]) == (1, 500, "fine")


def test_a_store_that_is_away(serving, bundle, monkeypatch) -> None:
    """503, and nothing of the address."""
    monkeypatch.setenv("WATCH_URL", "postgresql://me:canary@127.0.0.1:1/db")
    answer = served(serving, bundle, "env:WATCH_URL").ask("GET", "/watch", headers=TOKEN)
    assert answer.status_code == 503
    assert "canary" not in answer.text


def test_gauges() -> None:
    """Prometheus reads what the last look found; what it did not find is NaN."""
    meter = Meter()
    meter.watched(
        {"status": 10, "rows": 5, "labels_known": 0.5, "money": {"saving": 7.5, "promised": 9, "drift": None}}
    )
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(meter.text()[0].decode())
        for sample in family.samples
    }
    assert (found["automl_watch_saving"], found["automl_watch_promised"], found["automl_watch_status"]) == (7.5, 9, 10)
    assert math.isnan(found["automl_watch_drift_money"])
