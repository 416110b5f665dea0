"""What a server says of its watch, and the labels that it takes: from the store that its answers are written to."""

from __future__ import annotations

from typing import Any

from automl.deploy.serve.model import Model
from automl.deploy.serve.record.insert import PATIENCE
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.rows import read_rows
from automl.deploy.serve.settings import Settings
from automl.errors import AutomlError, MachineError

SHAPE = 'Send {"rows": [{"key": ..., "target": ..., "known": "2026-01-31T12:00:00Z"}, ...]}; "known" may be left out.'


def watched(model: Model, settings: Settings) -> dict[str, object]:
    """The document of the last look at the model. Refusals: 404 where there was none, 503 where the store is away."""
    from automl.watch.show import last_look

    with _Asking(settings) as store, store.reading() as connection:
        found = last_look(connection, model.bundle.manifest.content_hash)
    if found is None:
        raise Refusal(404, "nobody has looked at this model yet", hint="`automl watch look STORE BUNDLE` does.")
    return found


def labelled(model: Model, body: bytes, settings: Settings) -> dict[str, object]:
    """What became of labels, rows of JSON with key columns and target. Refusals: 404, 413, 422, 503."""
    from automl.watch.label_rows import labels_of_rows
    from automl.watch.labels import add_labels
    from automl.watch.predictions import model_of

    rows = read_rows(body, max_rows=settings.max_rows)
    try:
        labels = labels_of_rows(model_of(model.bundle), rows)
    except AutomlError as error:
        raise Refusal(422, error.what, where=error.where, hint=error.hint or SHAPE) from None
    with _Asking(settings) as store:
        taken = add_labels(store, labels)
    return {**taken.counts(), "notes": taken.notes()}


class _Asking:
    """The store, open for one question; what it refuses becomes a refusal of ours, which holds no address."""

    def __init__(self, settings: Settings) -> None:
        if settings.log is None:
            raise Refusal(404, "this server writes to no store", hint="Serve it with --log STORE.")
        self._where = settings.log

    def __enter__(self) -> Any:
        from automl.watch.store import open_store

        try:
            self._store = open_store(self._where, patience=PATIENCE)
        except AutomlError:
            raise _away() from None
        return self._store

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._store.close()
        if isinstance(error, MachineError):
            raise _away() from None


def _away() -> Refusal:
    return Refusal(503, "the store cannot be asked now", retry=5)
