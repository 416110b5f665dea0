"""A fit as people watch it from Python: one panel in a notebook that is drawn anew, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from typing import IO, Any

from automl.figures.bars import Bar, bars
from automl.progress import Event, Listener
from automl.report.console import Lines
from automl.report.panel import DOING, TYPED, Panel, clock
from automl.report.views.base import Content, drawn

PAUSE = 0.25  # seconds between two drawings
Show = Callable[[str], None]


class Progress:
    """A listener for `automl.fit` and the estimators: in Jupyter a panel, on `stream` (stderr) a line for each event.

    It begins anew with each fit, so one may listen to many that run one after the other.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self.stream = stream
        self._listen: Listener | None = None

    def __call__(self, event: Event) -> None:
        """Show what happened."""
        if self._listen is None or event.stage == "read":
            self._listen = self._begun(event)
        self._listen(event)

    def _begun(self, event: Event) -> Listener:
        start = monotonic()

        def spent() -> float:
            return monotonic() - start

        show = _in_notebook()
        if show is None:
            return Lines(stream=self.stream or sys.stderr, spent=spent)
        left = event.facts.get("left")
        return _redrawn(show, Panel(seconds=left if isinstance(left, float) else 0.0, spent=spent))


def _redrawn(show: Show, panel: Panel) -> Listener:
    """The panel, drawn anew where a stage begins, and a few times a second within one."""
    last = -PAUSE

    def listen(event: Event) -> None:
        nonlocal last
        begins = event.stage != panel.stage
        panel(event)
        if begins or event.stage == "done" or panel.spent() - last >= PAUSE:
            last = panel.spent()
            show(html(panel))

    return listen


def html(panel: Panel) -> str:
    """The panel as a notebook shows it: what is known of the best so far, and where the time goes."""
    took: dict[str, float] = {}
    for span in panel.spans():
        took[DOING[span.stage]] = took.get(DOING[span.stage], 0.0) + span.end - span.start
    spent = [Bar(name=name, value=seconds, text=clock(seconds)) for name, seconds in took.items()]
    now = dict(panel.rows(TYPED))  # figures alone
    lead = now.pop("now")
    figure = bars("Where the time goes", "Minutes and seconds so far.", spent, header=("stage", "took"))
    return drawn(Content(kind="fit", lead=lead, facts=tuple(now.items()), figures=(figure,)))


def _in_notebook() -> Show | None:
    """What shows HTML in one place of a notebook, each time in place of the last; None outside of one.

    Whoever runs in a notebook has loaded IPython, so nothing is imported for it.
    """
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel"):  # a console of IPython has none
        return None
    handle: Any = None

    def show(text: str) -> None:
        nonlocal handle
        page = ipython.display.HTML(text)
        if handle is None:
            handle = ipython.display.display(page, display_id=True)
        else:
            handle.update(page)

    return show
