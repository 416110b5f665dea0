"""Kill -9 of server, watcher and database at random moments: what was written stands, once, and is whole."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import suppress

import psutil
import pytest
import sqlalchemy as sa

from automl.bundle.read import Bundle
from automl.watch import blocks
from automl.watch.predictions import Writer, batch_of_frames, frames, model_of
from automl.watch.schema import ALARMS, LOOKS, METADATA
from automl.watch.store import open_store

FORKS = multiprocessing.get_context("forkserver")
FEW, MANY = 1, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(900)])
SPAN = 0.6  # seconds within which a process is killed
ENDING = 60.0  # seconds that whoever writes beside a killed process may take to end on a busy machine
DAYS = 2


def until_killed(within, role, *arguments, kill=None):
    """What a role said until it, or what `kill` kills, was killed at a random moment after its first word."""
    ours, theirs = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=within, args=(dict(os.environ), role, theirs, *arguments))
    process.start()
    theirs.close()
    told = [ours.recv()]
    beside = psutil.Process(process.pid).children(recursive=True)  # they end what they began, and then themselves
    killer = threading.Timer(random.uniform(0, SPAN), kill or process.kill)  # noqa: S311  # no secret
    killer.start()
    with suppress(EOFError, OSError):  # a word may end in its middle
        while True:
            told.append(ours.recv())
    killer.join()
    process.join()
    _, alive = psutil.wait_procs(beside, ENDING)
    assert not alive
    process.close()
    ours.close()
    return told


def stored(store, bundle, begin=""):
    """The keys that stand in the store, in the order in which they came."""
    with store.reading() as connection:
        found = [frame[blocks.KEY] for frame in frames(connection, bundle, 0, 2**60)]
    return [key for keys in found for key in keys.to_list() if key.startswith(begin)]


def is_whole(store):
    """Whether the database finds no fault in itself."""
    if not store.postgres:
        with sqlite3.connect(store.where) as connection:
            found = connection.execute("pragma integrity_check").fetchall()
        connection.close()
        return found == [("ok",)]
    with store.writing() as connection:
        connection.exec_driver_sql("create extension if not exists amcheck")
        faults = [
            fault
            for table in METADATA.sorted_tables
            for fault in connection.execute(sa.text(f"select * from verify_heapam('{table.name}')"))  # noqa: S608  # ours
        ]
        ours = "select bt_index_check(indexrelid, true) from pg_index i join pg_class c on c.oid = i.indrelid"
        connection.exec_driver_sql(f"{ours} where c.relname like 'watch_%%'")
    return not faults


def test_several_writers(store, roles) -> None:
    """M06: of four writers of 1,000 rows at once each finds its turn; all rows stand, once."""
    started = []
    for slot in range(4):
        told = (dict(os.environ), roles.write, roles.Deaf(), store.where, slot * 10, slot * 10 + 10, 100)
        started.append(FORKS.Process(target=roles.within, args=told))
        started[-1].start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0] * 4
    assert sorted(map(int, stored(store, roles.MODEL.bundle))) == list(range(4_000))
    assert is_whole(store)


@pytest.mark.parametrize("moments", [FEW, MANY])
def test_a_killed_writer(store, roles, moments) -> None:
    """M06: all that a writer told stands, and what it writes again after a kill is there once, put together or not."""
    first = 0
    for _ in range(moments):
        first = until_killed(roles.within, roles.write, store.where, first)[-1]
    keys = sorted(map(int, stored(store, roles.MODEL.bundle)))
    assert keys == list(range(len(keys)))
    assert first + 1 <= len(keys) / 10 <= first + 2  # one batch may stand that it had not told
    assert is_whole(store)


@pytest.mark.parametrize("moments", [FEW, MANY])
def test_a_killed_server(store, roles, bundle, moments) -> None:
    """M06: of what a server answered all stands that it had counted as logged; what it loses are the last rows."""
    name = Bundle.load(bundle).manifest.content_hash
    for run in range(moments):
        asked, logged = until_killed(roles.within, roles.serve, store.where, bundle, run)[-1]
        keys = stored(store, name, f"{run}-")
        assert keys == [f"{run}-{number}" for number in range(len(keys))]
        assert logged <= len(keys) <= asked + 1
    assert is_whole(store)


def seen(store):
    """Looks and alarms, without the moment at which they were written."""
    with store.reading() as connection:
        looks = connection.execute(sa.select(LOOKS.c.number, LOOKS.c.document).order_by(LOOKS.c.number)).all()
        alarms = connection.execute(sa.select(ALARMS.c.look, ALARMS.c.sentence).order_by(ALARMS.c.number)).all()
    return [(number, json.loads(text)) for number, text in looks], [tuple(alarm) for alarm in alarms]


@pytest.mark.parametrize("moments", [FEW, MANY])
def test_a_killed_watcher(lite, roles, bundle, moments) -> None:
    """M06: one that begins again after a kill writes the looks and alarms that one writes that nobody disturbs."""
    model = Bundle.load(bundle)
    writer = Writer(lite, model_of(model))
    for day in range(DAYS):
        raw, scored, times = roles.answered(model, day)
        for part in range(0, 500, 100):
            some = [raw[part : part + 100], scored[part : part + 100], times[part : part + 100]]
            writer.write(f"{day}-{part}", batch_of_frames(writer.columns, writer.keys, *some))
    roles.watch(roles.Deaf(), lite.where, bundle, DAYS)
    looks, alarms = seen(lite)
    assert len(looks) == DAYS
    assert alarms
    for _ in range(moments):
        with lite.writing() as connection:
            for table in (LOOKS, ALARMS):
                connection.execute(sa.delete(table))
        until_killed(roles.within, roles.watch, lite.where, bundle, DAYS)
        roles.watch(roles.Deaf(), lite.where, bundle, DAYS)
        assert seen(lite) == (looks, alarms)
    assert len(set(stored(lite, model.manifest.content_hash))) == 500 * DAYS
    assert is_whole(lite)


@pytest.mark.parametrize("moments", [FEW, MANY])
def test_a_killed_database(emptied, roles, moments) -> None:
    """M06: PostgreSQL killed while it is written to: what was told stands after its return, once, and is whole."""

    def kill():
        os.kill(emptied.pid, signal.SIGKILL)

    first = 0
    for _ in range(moments):
        first = until_killed(roles.within, roles.write, "env:WATCH_URL", first, kill=kill)[-1]
        start_again(emptied)
    store = open_store("env:WATCH_URL")
    keys = sorted(map(int, stored(store, roles.MODEL.bundle)))
    assert keys == list(range(len(keys)))
    assert first + 1 <= len(keys) / 10 <= first + 2
    assert is_whole(store)
    store.close()


def start_again(postgres):
    """Its children end a moment after it."""
    for _ in range(50):
        with suppress(AssertionError):
            postgres.start()
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL does not come back")
