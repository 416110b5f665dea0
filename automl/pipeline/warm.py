"""Imports what comes after a search while the search waits for its workers: else its seconds would be lost then."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence

from automl.progress import Event, Listener

AFTER = (
    "automl.pipeline.choose",
    "automl.pipeline.judge",
    "automl.pipeline.diagnose",
    "automl.pipeline.pack",
    "automl.pipeline.repair",
    "automl.report.bundle_report",
    "automl.report.card",
    "jinja2",
    "scipy.optimize",
    "sklearn.tree",
    "onnxruntime",  # its telemetry is off by now: graph.runtime is imported before a search
)


def after_first(stage: str, listener: Listener, do: Callable[[], object]) -> Listener:
    """The listener, which also calls `do` at the first event of `stage`: by then the first candidate stands."""
    waiting = [do]

    def listen(event: Event) -> None:
        if event.stage == stage and waiting:
            waiting.pop()()
        listener(event)

    return listen


def warm(
    modules: Sequence[str] = AFTER, *, load: Callable[[str], object] = importlib.import_module
) -> threading.Thread:
    """Import `modules` in a thread that nobody waits for; what cannot be imported fails where it is needed."""

    def run() -> None:
        for module in modules:
            try:
                load(module)
            except Exception:  # noqa: BLE001  # the reason is told where the module is needed
                return

    thread = threading.Thread(target=run, name="warm", daemon=True)
    thread.start()
    return thread
