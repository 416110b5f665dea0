"""Answered rows are written whole, once, in the columns that are asked for, and come back as they were."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from automl.bundle.read import Bundle
from automl.errors import MachineError, SpecError
from automl.watch import blocks
from automl.watch.predictions import Writer, batch_of_frames, batch_of_rows, frames, model_of
from automl.watch.schema import BATCHES
from automl.watch.settings import change_settings
from automl.watch.store import open_store

MODEL = "b" * 64
END = 2**60
WRITING = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import MODEL, batch
from automl.watch.predictions import Writer
from automl.watch.store import open_store
slot = int(sys.argv[3])
writer = Writer(open_store(sys.argv[2], create=True), MODEL)
for number in range(int(sys.argv[4])):
    writer.write(batch(f"{slot}-{number}", slot * 1_000_000 + number * 10, 10))
    print(f"{slot}-{number}", flush=True)
"""


def read(store, bundle=MODEL, first=0, end=END):
    with store.reading() as connection:
        found = list(frames(connection, bundle, first, end))
    return blocks.rows_of(blocks.stacked(found)) if found else None


def test_rows_come_back(store, write) -> None:
    """Raw cells that the bundle reads, answers, keys and times; another column is not kept."""
    assert write(store, "one", 0, 5)
    rows = read(store)
    assert rows.raw.to_dict(as_series=False) == {"a": [0.0, 1.0, 2.0, 3.0, 4.0], "c": ["c0", "c1", "c2", "c0", "c1"]}
    assert rows.answers.columns == ["probability", "decision"]
    assert rows.key.to_list() == ["0", "1", "2", "3", "4"]
    assert rows.time.to_list() == [10**15 + n * 10**6 for n in range(5)]


def test_a_batch_is_written_once(store, write) -> None:
    """A write that is repeated after a crash changes nothing."""
    assert [write(store, "one", 0, 5), write(store, "one", 0, 5), write(store, "two", 5, 5)] == [True, False, True]
    assert read(store).height == 10


def test_a_window(store, write) -> None:
    """Rows from the first moment on, up to the end, of one bundle."""
    write(store, "one", 0, 10)
    rows = read(store, first=10**15 + 3_000_000, end=10**15 + 6_000_000)
    assert rows.key.to_list() == ["3", "4", "5"]
    assert read(store, bundle="c" * 64) is None


def test_columns_that_are_asked_for(store, write) -> None:
    """`columns` of the store stand in place of those that the bundle reads."""
    change_settings(store, columns=["private", "a"])
    write(store, "one", 0, 3)
    assert set(read(store).raw.columns) == {"private", "a"}


def test_hashed_keys(store, write) -> None:
    """Keys are spelt in a way that only the store can compare; they cannot be hashed later."""
    change_settings(store, hash_keys=True)
    write(store, "one", 0, 3)
    keys = read(store).key.to_list()
    assert all(len(key) == 64 for key in keys)
    assert len(set(keys)) == 3
    assert change_settings(store, keep="30d").told()["hash_keys"]


def test_keys_are_not_hashed_later(store, write) -> None:
    """What was written as it is stays readable, so that would be a lie."""
    write(store, "one", 0, 3)
    with pytest.raises(SpecError, match="cannot be hashed now"):
        change_settings(store, hash_keys=True)


def test_a_store_has_one_target(store, write, model) -> None:
    """Labels of another target would join the wrong rows."""
    write(store, "one", 0, 3)
    Writer(store, replace(model, bundle="c" * 64))
    with pytest.raises(SpecError, match="a store of its own"):
        Writer(store, replace(model, bundle="d" * 64, target="other"))


def test_rows_and_frames_are_the_same(store, bundle, raw) -> None:
    """Rows of JSON and rows of a frame, with their answers, are kept alike."""
    model = Bundle.load(bundle)
    known = model_of(model)
    writer = Writer(store, known)
    some = raw.head(20)
    asked = some.to_dicts()
    answers = model.answer_all(asked)[0]
    scored = model.score(some, typed=False)
    at = list(range(20))
    writer.write(batch_of_rows("rows", writer.columns, writer.keys, asked, answers, at))
    first = read(store, known.bundle)
    writer.write(batch_of_frames("frame", writer.columns, writer.keys, some, scored, at))
    both = read(store, known.bundle)
    assert both.height == 40
    assert both.raw[20:].equals(first.raw)
    assert both.raw[20:].equals(some.select(both.raw.columns))
    assert both.key[20:].equals(first.key)
    assert both.answers["decision"][20:].equals(first.answers["decision"])
    assert (both.answers["probability"][20:] - first.answers["probability"]).abs().max() < 1e-9


def start(where, slot, batches):
    """A process that writes batches of ten rows, and says each that was written."""
    here = str(Path(__file__).parent)
    command = [sys.executable, "-P", "-c", WRITING, here, where, str(slot), str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_several_writers_and_a_kill(store) -> None:
    """M06: four writers of 1,000 rows, two killed on their way: all that was told stands, once; the store is whole."""
    started = [start(store.where, slot, 100) for slot in range(4)]
    told = [process.stdout.readline().strip() for process in started]
    for process in started[:2]:
        process.send_signal(signal.SIGKILL)
    said = [{first, *process.communicate()[0].split()} for first, process in zip(told, started, strict=True)]
    with store.reading() as connection:
        ids = connection.execute(sa.select(BATCHES.c.id)).scalars().all()
    assert len(ids) == len(set(ids))
    assert [len(said[slot]) for slot in (2, 3)] == [100, 100]
    assert set.union(*said) - {""} <= {*ids}
    assert len(ids) <= len(set.union(*said)) + 2  # of each that was killed, one batch may stand that it had not told
    rows = read(store)
    assert rows.height == 10 * len(ids)
    assert rows.key.n_unique() == rows.height
    if not store.postgres:
        with sqlite3.connect(store.where) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        connection.close()


def test_a_killed_database(postgres, monkeypatch, write) -> None:
    """M06: PostgreSQL killed while it is written to: what was told stands after its return, once, and is whole."""
    monkeypatch.setenv("WATCH_URL", postgres.url)
    store = open_store("env:WATCH_URL", create=True)
    process = start("env:WATCH_URL", 77, 400)
    told = [process.stdout.readline().strip() for _ in range(20)]
    os.kill(postgres.pid, signal.SIGKILL)
    told += process.communicate()[0].split()
    assert process.returncode != 0
    with pytest.raises(MachineError):
        write(store, "later", 0, 1)
    for _ in range(50):  # its children end a moment later
        try:
            postgres.start()
            break
        except AssertionError:
            time.sleep(0.1)
    with store.reading() as connection:
        ids = connection.execute(sa.select(BATCHES.c.id).where(BATCHES.c.id.like("77-%"))).scalars().all()
    assert set(told) <= set(ids)
    assert len(ids) - len(told) <= 1
    store.close()
