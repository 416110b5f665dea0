"""Answers into the store of a watch, from a bounded queue by a thread of its own: no request ever waits for it."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import polars as pl

from automl.bundle.read import Bundle
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.record.insert import PATIENCE, Inserting
from automl.deploy.serve.record.waiting import SHORT, Request, Rows, groups
from automl.errors import AutomlError

if TYPE_CHECKING:
    from automl.deploy.serve.trial import Trial
    from automl.watch.store import Store

PENDING = 20_000  # rows that wait: beyond them rows are lost, and counted
LARGEST = 10_000  # rows of a batch
PAUSE = 2.0  # seconds between two batches, unless the largest waits: each takes as long as some hundred rows
SETTLED = 5.0  # seconds between two looks for labels of rows that a challenger decided otherwise
FRESH = 30.0  # seconds between two looks for what the watch found
NEEDED = ("automl.watch.labels", "automl.watch.show")
GRACE = 5.0  # seconds for what waits when the server stops


class Recorder:
    """Takes answered rows at once, or not at all; what becomes of them is counted by the meter."""

    def __init__(
        self,
        where: str,
        *,
        log: Log,
        meter: Meter,
        inserter: Inserting,
        sample: float = 1.0,
        trial: Callable[[], Trial | None] = lambda: None,
    ) -> None:
        self._where, self._sample = where, sample
        self._log, self._meter = log, meter
        self._trial = trial
        self._inserter = inserter
        self._waiting: deque[Request] = deque()
        self._put = self._taken = 0  # rows: the first is changed by who answers alone, the second by the thread alone
        self._stop, self._due = threading.Event(), threading.Event()
        self._store: Store | None = None
        self._seen: str | None = None  # the bundle whose rows were written last
        self._shown = self._settled = 0.0
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)

    def start(self) -> None:
        """Begin to write. What that takes is read now, and not beside the first answers."""
        self._inserter.start()
        with suppress(ImportError):  # whoever needs them tells it
            for module in NEEDED:
                import_module(module)
        self._thread.start()

    def add(
        self,
        bundle: Bundle,
        raw: Rows | pl.DataFrame,
        answers: Rows | pl.DataFrame,
        sent: tuple[bytes, bytes] | None = None,
    ) -> None:
        """Let rows be written, a sample of them where one is asked for. `sent` are both as JSON, if that is at hand.

        Plain and in one piece on purpose: between two requests its code has left the processor's caches, and calls that
        take 1 us in a loop take 17 here.
        """
        if self._sample < 1:
            raw, answers = _sampled(raw, answers, self._sample)
            sent = None
        rows = len(raw)
        if not rows:
            return
        waiting = self._put - self._taken + rows
        if waiting > PENDING:
            self._meter.lost("queue", rows)
            return
        self._put += rows
        kept = sent if sent is not None and len(sent[0]) <= SHORT else (raw, answers)
        self._waiting.append((bundle, time.time_ns() // 1000, rows, kept))
        if waiting >= LARGEST:
            self._due.set()

    def close(self) -> None:
        """Write what waits, as far as it goes within a few seconds."""
        self._stop.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(GRACE)

    def _run(self) -> None:
        while True:
            self._due.wait(PAUSE)
            self._due.clear()
            stopping = self._stop.is_set()
            self.flush()
            self._show()
            if time.monotonic() - self._settled > SETTLED:
                self.settle()
            if stopping:
                self._inserter.close()
                return

    def flush(self) -> None:
        """Write what waits now. What comes meanwhile waits for the next time: it would be a batch for each few rows."""
        requests = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for group in groups(requests):
            try:
                self._inserter.insert(uuid4().hex, group)
                self._seen = group.model.bundle
                self._meter.logged(group.rows)
            except Exception as error:  # noqa: BLE001  # no answer may ever suffer from what cannot be written down
                self._meter.lost("store", group.rows)
                what = error.what if isinstance(error, AutomlError) else type(error).__name__
                self._log("error", "answers not logged", what=what, rows=group.rows)
            self._taken += group.rows

    def _open(self) -> Store:
        from automl.watch.store import open_store

        if self._store is None:
            self._store = open_store(self._where, create=True, patience=PATIENCE)
        return self._store

    def settle(self) -> None:
        """Let a challenger know of the labels that came: what it may have lost becomes what it lost."""
        from automl.watch.labels import known
        from automl.watch.store import now

        self._settled = time.monotonic()
        trial = self._trial()
        keys = [] if trial is None else trial.waiting()
        if trial is None or not keys:
            return
        try:
            with self._open().reading() as connection:
                labels = known(connection, keys, now())
        except AutomlError:  # they are asked for again
            return
        trial.settle(labels)

    def _show(self) -> None:
        """Let `/metrics` tell what the last look found."""
        if time.monotonic() - self._shown < FRESH:
            return
        self._shown = time.monotonic()
        from automl.watch.show import last_look

        if self._seen is None:
            return
        with suppress(AutomlError), self._open().reading() as connection:
            look = last_look(connection, self._seen)
            if look is not None:
                self._meter.watched(look)


def _sampled(raw: Any, answers: Any, share: float) -> tuple[Any, Any]:
    """A share of the rows, each drawn on its own."""
    places = [place for place in range(len(raw)) if random.random() < share]  # noqa: S311  # no secret hangs on it
    if isinstance(raw, pl.DataFrame):
        return raw[places], answers[places]
    return [raw[place] for place in places], [answers[place] for place in places]
