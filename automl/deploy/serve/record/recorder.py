"""Answers into the store of a watch, from bounded queues by a thread of its own: no request ever waits for it."""

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
from automl.deploy.serve.record.insert import PATIENCE, Inserting, Outcome, reason
from automl.deploy.serve.record.ring import SIZE, Ring
from automl.deploy.serve.record.waiting import SENT, SHORT, Batch, Rows, Whole
from automl.errors import AutomlError

if TYPE_CHECKING:
    from automl.deploy.serve.trial import Trial
    from automl.watch.predictions import Model
    from automl.watch.store import Store

PENDING = 20_000  # rows that wait, or as many bytes as the ring has: beyond them rows are lost, and counted
LARGEST = 10_000  # rows of a batch,
CROWDED = SIZE // 4  # or bytes of short requests in it
PAUSE = 2.0  # seconds between two batches, unless much waits: each takes as long as some hundred rows
MODELS = 16  # that answered last: rows of any others were written long ago
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
        inserter: Callable[[Ring], Inserting],
        sample: float = 1.0,
        trial: Callable[[], Trial | None] = lambda: None,
    ) -> None:
        self._where, self._sample = where, sample
        self._log, self._meter = log, meter
        self._trial = trial
        self._ring = Ring()
        self._inserter = inserter(self._ring)
        self._others: deque[tuple[int, Whole]] = deque()
        self._put = self._taken = 0  # rows: the first is changed by who answers alone, the second by the thread alone
        self._who: Bundle | None = None  # who answered last,
        self._number = 0  # and its number
        self._models: dict[int, Model] = {}  # by number, who answered last at the end
        self._stop, self._due = threading.Event(), threading.Event()
        self._flushing = threading.Lock()  # two at a time would write the same rows
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
            raw, answers, sent = _sampled(raw, answers, sent, self._sample)
        rows = len(raw)
        if not rows:
            return
        if bundle is not self._who:
            self._number = self._numbered(bundle)
        moment, waiting, held = time.time_ns() // 1000, self._put - self._taken + rows, 0
        if waiting > PENDING:
            self._meter.lost("queue", rows)
            return
        if sent is not None and len(sent[0]) <= SHORT:
            held = self._ring.add(SENT % (self._number, moment, *sent))
            if not held:
                self._meter.lost("queue", rows)
                return
        else:
            self._others.append((self._number, Whole(raw, answers, moment)))
        self._put += rows
        if waiting >= LARGEST or held > CROWDED:
            self._due.set()

    def _numbered(self, bundle: Bundle) -> int:
        """The number of who answers now, last in the row of those that did."""
        from automl.watch.predictions import model_of  # a server without a log never reads it

        name, models = bundle.manifest.content_hash, dict(self._models)
        number = next((number for number, known in models.items() if known.bundle == name), None)
        if number is None:
            number, model = max(models, default=0) + 1, model_of(bundle)
        else:
            model = models.pop(number)
        self._who = bundle
        self._models = dict([*models.items(), (number, model)][-MODELS:])  # a new one: the thread may read the old
        return number

    def close(self) -> None:
        """Write what waits, as far as it goes within a few seconds."""
        self._stop.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(GRACE)
        if not self._thread.is_alive():
            self._inserter.close()
            self._ring.close()

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
                return

    def flush(self) -> None:
        """Write what waits now. What comes meanwhile waits for the next time: it would be a batch for each few rows."""
        with self._flushing:
            self._flush()

    def _flush(self) -> None:
        put, end, others = self._put, self._ring.put, [self._others.popleft() for _ in range(len(self._others))]
        batch = Batch(self._models, self._ring.taken, end, others)
        if not others and batch.first == end:
            return
        try:
            outcomes = self._inserter.insert(uuid4().hex, batch)
        except Exception as error:  # noqa: BLE001  # no answer may ever suffer from what cannot be written down
            outcomes = [Outcome(put - self._taken, refused=reason(error))]
        for rows, bundle, refused in outcomes:
            if refused is None:
                self._seen = bundle
                self._meter.logged(rows)
            else:
                self._meter.lost("store", rows)
                self._log("error", "answers not logged", what=refused, rows=rows)
        self._ring.taken, self._taken = end, put

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


def _sampled(raw: Any, answers: Any, sent: Any, share: float) -> tuple[Any, Any, Any]:
    """A share of the rows, each drawn on its own; what was sent, where all of them are in it."""
    places = [place for place in range(len(raw)) if random.random() < share]  # noqa: S311  # no secret hangs on it
    if len(places) == len(raw):
        return raw, answers, sent
    if isinstance(raw, pl.DataFrame):
        return raw[places], answers[places], None
    return [raw[place] for place in places], [answers[place] for place in places], None
