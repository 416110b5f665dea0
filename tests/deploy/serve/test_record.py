"""Answers are written down beside the answering, which never waits and never fails for it."""

from __future__ import annotations

import copy
import io
import json
import threading
import time
from functools import partial

import polars as pl
import psutil
import pytest

from automl.bundle.read import Bundle
from automl.deploy.serve import arrow
from automl.deploy.serve.app import make_app
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.model import Model
from automl.deploy.serve.record import recorder
from automl.deploy.serve.record.insert import Inserter
from automl.deploy.serve.record.process import InsertProcess
from automl.deploy.serve.record.recorder import PENDING, Recorder
from automl.deploy.serve.record.waiting import SHORT
from automl.deploy.serve.settings import Settings
from automl.deploy.serve.trial import Trial
from automl.errors import MachineError
from automl.watch import blocks
from automl.watch.labels import Labels, add_labels
from automl.watch.predictions import frames
from automl.watch.store import open_store


class Taking:
    """A server whose answers are recorded, when the test says so."""

    def __init__(self, serving, bundle, where, *, inserter=None, **how):
        self.stream = io.StringIO()
        self.meter = Meter()
        inserter = inserter or within(where)
        self.recorder = Recorder(where, log=Log(self.stream), meter=self.meter, inserter=inserter, **how)
        self.served = serving(bundle)
        self.served.app = make_app(
            self.served.current,
            self.served.settings,
            token=None,
            log=Log(io.StringIO()),
            meter=self.meter,
            recorder=self.recorder,
        )

    def count(self, name):
        lines = self.meter.text()[0].decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@pytest.fixture
def where(tmp_path):
    return str(tmp_path / "watch.db")


def within(where, opened=open_store):
    """What writes in this process, to a store that is opened so, and never waits."""
    return partial(Inserter, where, opened=opened, sleep=lambda _: None)


def stored(where, bundle):
    store = open_store(where)
    with store.reading() as connection:
        found = list(frames(connection, bundle.manifest.content_hash, 0, 2**62))
    store.close()
    return blocks.rows_of(blocks.stacked(found))


def writing(where):
    """The processes of this test that write to a store: others may have been left by other tests."""
    return [child for child in psutil.Process().children() if where in child.cmdline()]


def test_rows_and_streams_are_written(serving, bundle, raw, where) -> None:
    """Each row with its answer and key, when it was answered; what the bundle does not read is not kept."""
    taking = Taking(serving, bundle, where)
    begun = time.time_ns() // 1000
    answers = taking.served.predict(*({**row, "private": "canary"} for row in raw.head(3).to_dicts())).json()["rows"]
    file = io.BytesIO()
    raw[3:5].write_ipc_stream(file)
    taking.served.post(file.getvalue(), arrow.CONTENT)
    taking.recorder.flush()
    rows = stored(where, taking.served.model.bundle)
    assert rows.height == 5
    assert rows.answers["decision"][:3].to_list() == [str(row["decision"]) for row in answers]
    assert rows.key.to_list() == raw["id"].head(5).cast(pl.String).to_list()
    assert "private" not in rows.raw.columns
    assert begun <= rows.time.min() <= rows.time.max() <= time.time_ns() // 1000
    assert taking.count("automl_logged_rows_total") == 5


@pytest.mark.parametrize(("length", "key"), [(0, "sent"), (SHORT, "parsed")])
def test_a_long_body_is_not_parsed_once_more(bundle, where, length, key) -> None:
    """Its rows are written as they were parsed; a short one is read again from what came."""
    answering = Bundle.load(bundle)
    recorder = Recorder(where, log=Log(io.StringIO()), meter=Meter(), inserter=within(where))
    body = json.dumps({"rows": [{"id": "sent"}], "pad": "x" * length}).encode()
    recorder.add(answering, [{"id": "parsed"}], [{"decision": 1.0}], (body, b'{"rows": [{"decision": 1.0}]}'))
    recorder.flush()
    assert stored(where, answering).key.to_list() == [key]


def test_what_comes_during_a_write_waits_for_the_next(serving, bundle, raw, where) -> None:
    """A busy server has large batches: a write ends with what waited when it began, and loses nothing of the rest."""
    first, second, third = raw.head(3).to_dicts()

    def opened(*words, **how):
        taking.served.predict(second)
        taking.served.predict(third)
        return open_store(*words, **how)

    taking = Taking(serving, bundle, where, inserter=within(where, opened))
    taking.served.predict(first)
    taking.recorder.flush()
    assert taking.count("automl_logged_rows_total") == 1
    taking.recorder.flush()
    assert taking.count("automl_logged_rows_total") == 3
    store = open_store(where)
    with store.reading() as connection:
        found = frames(connection, taking.served.model.bundle.manifest.content_hash, 0, 2**62)
        assert [frame.height for frame in found] == [1, 2]
    store.close()


def test_two_flushes_write_rows_once(serving, bundle, raw, where) -> None:
    """One that begins during another waits for it."""
    writes, goes_on = threading.Event(), threading.Event()

    def opened(*words, **how):
        writes.set()
        goes_on.wait(30)
        return open_store(*words, **how)

    taking = Taking(serving, bundle, where, inserter=within(where, opened))
    taking.served.predict(*raw.head(3).to_dicts())
    threads = [threading.Thread(target=taking.recorder.flush) for _ in range(2)]
    threads[0].start()
    assert writes.wait(30)
    threads[1].start()
    goes_on.set()
    for thread in threads:
        thread.join()
    assert taking.count("automl_logged_rows_total") == 3
    assert stored(where, taking.served.model.bundle).height == 3


def test_a_refused_request_is_not_written(serving, bundle, raw, where) -> None:
    """Rows without an answer are none of a model's."""
    taking = Taking(serving, bundle, where)
    assert taking.served.predict({"nothing": 1}).status_code == 422
    taking.recorder.flush()
    assert taking.count("automl_logged_rows_total") == 0


def test_a_sample(serving, bundle, raw, where) -> None:
    """About the share of rows that was asked for, of a request with many."""
    taking = Taking(serving, bundle, where, sample=0.2)
    taking.served.predict(*raw.to_dicts())
    taking.recorder.flush()
    assert 50 < taking.count("automl_logged_rows_total") < 160


def test_a_full_queue_loses_rows_and_says_so(serving, bundle, raw, where, monkeypatch) -> None:
    """Answers go on; what found no room is counted."""
    monkeypatch.setattr(recorder, "PENDING", 700)
    taking = Taking(serving, bundle, where)
    for _ in range(3):
        assert taking.served.predict(*raw.to_dicts()).status_code == 200
    taking.recorder.flush()
    assert taking.count('automl_unlogged_rows_total{reason="queue"}') == 1_000
    assert taking.served.predict(*raw.to_dicts()).status_code == 200
    taking.recorder.flush()
    assert taking.count("automl_logged_rows_total") == 1_000
    assert PENDING >= 10_000


def test_a_store_that_is_away_for_a_while(serving, bundle, raw, where) -> None:
    """A batch is tried again under its own id, and is there once."""
    tries = []

    def opened(*place, **how):
        tries.append(place)
        if len(tries) < 3:
            raise MachineError("away")
        return open_store(*place, **how)

    taking = Taking(serving, bundle, where, inserter=within(where, opened))
    taking.served.predict(*raw.head(4).to_dicts())
    taking.recorder.flush()
    assert len(tries) == 3
    assert stored(where, taking.served.model.bundle).height == 4


def test_a_dead_store(serving, bundle, raw, monkeypatch) -> None:
    """Rows are lost, counted and told without the address; answers come as ever."""
    monkeypatch.setenv("WATCH_URL", "postgresql://me:canary@127.0.0.1:1/db")
    taking = Taking(serving, bundle, "env:WATCH_URL")
    assert taking.served.predict(*raw.head(4).to_dicts()).status_code == 200
    taking.recorder.flush()
    assert taking.count('automl_unlogged_rows_total{reason="store"}') == 4
    told = json.loads(taking.stream.getvalue().splitlines()[-1])
    assert told["event"] == "answers not logged"
    assert "canary" not in taking.stream.getvalue()


def test_an_answer_does_not_wait(serving, bundle, raw, where) -> None:
    """While a write hangs, requests are answered."""
    hangs, asked = threading.Event(), threading.Event()

    def opened(*place, **how):
        asked.set()
        hangs.wait()
        return open_store(*place, **how)

    taking = Taking(serving, bundle, where, inserter=within(where, opened))
    taking.recorder.start()
    taking.served.predict(raw.row(0, named=True))
    assert asked.wait(30)
    assert taking.served.predict(raw.row(1, named=True)).status_code == 200
    hangs.set()
    taking.recorder.close()
    assert stored(where, taking.served.model.bundle).height == 2


def test_many_rows_do_not_wait_for_the_next_batch(serving, bundle, raw, where, monkeypatch) -> None:
    """As many as a batch may have are written at once."""
    monkeypatch.setattr(recorder, "PAUSE", 3_600.0)
    monkeypatch.setattr(recorder, "LARGEST", 500)
    taking = Taking(serving, bundle, where)
    taking.recorder.start()
    taking.served.predict(*raw.to_dicts())
    while taking.count("automl_logged_rows_total") < 500:  # pytest's own limit ends it
        time.sleep(0.01)
    taking.recorder.close()
    assert stored(where, taking.served.model.bundle).height == 500


def test_a_process_writes(serving, bundle, raw, where) -> None:
    """A process of its own writes the same rows; one that is killed is followed by another, and no row is lost."""
    taking = Taking(serving, bundle, where, inserter=partial(InsertProcess, where))
    taking.recorder.start()
    file = io.BytesIO()
    raw[3:5].write_ipc_stream(file)
    taking.served.predict(*raw.head(3).to_dicts())
    taking.served.post(file.getvalue(), arrow.CONTENT)
    taking.recorder.flush()
    (first,) = writing(where)
    first.kill()
    taking.served.predict(*raw[5:9].to_dicts())
    taking.recorder.flush()
    assert taking.count("automl_logged_rows_total") == 9
    rows = stored(where, taking.served.model.bundle)
    assert rows.key.to_list() == raw["id"].head(9).cast(pl.String).to_list()
    taking.recorder.close()
    assert writing(where) == []


def test_a_process_that_cannot_write(serving, bundle, raw) -> None:
    """Why not is told by who answers, in the words of the store, without its address."""
    taking = Taking(serving, bundle, "env:NOWHERE", inserter=partial(InsertProcess, "env:NOWHERE"))
    taking.served.predict(*raw.head(4).to_dicts())
    taking.recorder.flush()
    taking.recorder.close()
    assert taking.count('automl_unlogged_rows_total{reason="store"}') == 4
    assert "NOWHERE" in json.loads(taking.stream.getvalue().splitlines()[-1])["what"]


def test_models_that_answered_last_are_known(bundle, where):
    """However many were tried before, a champion that goes on answering keeps its number, and rows their bundle."""
    champion = Bundle.load(bundle)
    recorder = Recorder(where, log=Log(io.StringIO()), meter=Meter(), inserter=within(where))
    sent = b'{"rows": [{"id": 1}]}', b'{"rows": [{"decision": 1.0}]}'
    for number in range(40):
        manifest = champion.manifest.model_copy(update={"content_hash": f"{number:064}"})
        other = copy.copy(champion)
        object.__setattr__(other, "manifest", manifest)
        for who in (other, champion):
            recorder.add(who, [{"id": 1}], [{"decision": 1.0}], sent)
        if number % 7 == 0:
            recorder.flush()
    recorder.flush()
    assert stored(where, champion).height == 40
    recorder.close()


def test_a_batch_that_cannot_be_read_is_counted_as_lost(bundle, where):
    """And the next one is written: whoever writes goes on."""
    answering, meter = Bundle.load(bundle), Meter()
    recorder = Recorder(where, log=Log(io.StringIO()), meter=meter, inserter=partial(InsertProcess, where))
    reply = b'{"rows": [{"decision": 1.0}]}'
    for body in (b'{"rows": [', b'{"rows": [{"id": "next"}]}'):
        recorder.add(answering, [{"id": 1}], [{"decision": 1.0}], (body, reply))
        recorder.flush()
    recorder.close()
    assert 'automl_unlogged_rows_total{reason="store"} 1.0' in meter.text()[0].decode()
    assert stored(where, answering).key.to_list() == ["next"]


def test_labels_settle_what_a_challenger_may_have_lost(deciding, where):
    """From the store, whichever way they came: right where the champion was wrong gains, the rest counts as before."""
    champion, challenger = (Model.open(deciding(age), Settings()) for age in (50.0, 30.0))
    trial = Trial.of(champion, challenger, 1.0, "now")
    recorder = Recorder(where, log=Log(io.StringIO()), meter=Meter(), inserter=within(where), trial=lambda: trial)
    for key in ("a", "b"):
        who, reply = trial.answer(lambda model, key=key: model.answer([{"age": 40, "id": key}]))
        recorder.add(who.bundle, reply.raw, reply.answers)
    recorder.flush()
    recorder.settle()
    assert trial.take().regret == 16.0
    store = open_store(where)
    add_labels(store, Labels(key=["a"], value=["2"], known=[0]))
    store.close()
    recorder.settle()
    assert trial.take().regret == -78.0
    assert trial.waiting() == ["b"]
