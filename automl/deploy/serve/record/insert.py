"""What waited becomes a batch in the store of a watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from automl.deploy.serve.record.ring import Ring
from automl.deploy.serve.record.waiting import Batch, Group, groups
from automl.errors import AutomlError, MachineError

if TYPE_CHECKING:
    from automl.watch import predictions
    from automl.watch.store import Store

PATIENCE = 5.0  # seconds that a write waits for another writer
PAUSE = 2.0  # seconds before a batch is tried again; it doubles
TRIES = 5  # of a batch


class Outcome(NamedTuple):
    """What became of rows that one bundle answered: written, or `refused` for a reason."""

    rows: int
    bundle: str = ""  # its content hash, where it is known
    refused: str | None = None


class Inserting(Protocol):
    """Writes batches: of each bundle what it answered, whole or not at all."""

    def start(self) -> None:
        """Make ready, so that the first batch takes no longer than others."""

    def insert(self, name: str, batch: Batch) -> list[Outcome]:
        """Write a batch under an id that makes a second writing harmless; what became of each bundle's rows.

        Any error where it is not even known whose they are.
        """

    def close(self) -> None:
        """Nothing more comes."""


class Inserter:
    """Writes in this process; a batch that the database refuses is tried again for a while."""

    def __init__(
        self,
        where: str,
        ring: Ring,
        *,
        opened: Callable[..., Store] | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._where, self._ring, self._opened, self._sleep = where, ring, opened, sleep
        self._store: Store | None = None
        self._writers: dict[str, predictions.Writer] = {}  # by content hash

    def start(self) -> None:
        """Read what a write takes."""
        with suppress(ImportError):  # the first write tells it
            import_module("automl.watch.predictions")

    def insert(self, name: str, batch: Batch) -> list[Outcome]:
        """Write what each bundle answered, again under its id where the database refuses."""
        return [self._outcome(f"{name}-{place}", group) for place, group in enumerate(groups(batch, self._ring))]

    def _outcome(self, name: str, group: Group) -> Outcome:
        refused = None
        try:
            self._insert(name, group)
        except Exception as error:  # noqa: BLE001  # the next batch may be a better one
            refused = reason(error)
        return Outcome(group.rows, group.model.bundle, refused)

    def _insert(self, name: str, group: Group) -> None:
        from automl.watch.blocks import stacked

        for left in reversed(range(TRIES)):
            try:
                writer = self._writer(group)
                writer.write_block(name, stacked([writer.block(batch) for batch in batches_of(writer, group)]))
            except MachineError:
                if not left:
                    raise
                self._sleep(PAUSE * 2 ** (TRIES - 1 - left))
            else:
                return

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
        self._store, self._writers = None, {}

    def _writer(self, group: Group) -> predictions.Writer:
        from automl.watch.predictions import Writer
        from automl.watch.store import open_store

        if self._store is None:
            self._store = (self._opened or open_store)(self._where, create=True, patience=PATIENCE)
        name = group.model.bundle
        if name not in self._writers:
            self._writers[name] = Writer(self._store, group.model)
        return self._writers[name]


def reason(error: Exception) -> str:
    """Why something could not be written: an error of ours tells no address, of others only the kind is told."""
    return error.what if isinstance(error, AutomlError) else type(error).__name__


def batches_of(writer: predictions.Writer, group: Group) -> Iterator[predictions.Batch]:
    """What one bundle answered: all that came as JSON, and each frame."""
    from automl.watch.predictions import batch_of_frames, batch_of_rows

    rows, answered, times = list[Any](), list[Any](), list[int]()
    for raw, answers, at in group.chunks:
        rows += raw
        answered += answers
        times += at
    if rows:
        yield batch_of_rows(writer.columns, writer.keys, rows, answered, times)
    for frame, scored, moment in group.frames:
        yield batch_of_frames(writer.columns, writer.keys, frame, scored, [moment] * frame.height)
