"""What happens during a run, told as values; the terminal, the plain log and the tests listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal[
    "read", "audit", "split", "features", "search", "refit", "decide", "repair", "bundle", "report", "gates", "done"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`text` is one plain sentence for people; `facts` are the same as JSON values for machines.

    Well-known facts: ``trials`` (int), ``learner`` (str), ``score`` (float, the metric on out-of-fold rows),
    ``best`` (float), ``oof`` (str, the predictions of the best in the run folder), ``money`` (float, what its
    decisions save per 1,000 rows, before calibration), ``currency`` (str), ``left`` (seconds of budget).
    """

    stage: Stage
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)


Listener = Callable[[Event], Literal["stop"] | None]  # "stop" ends the run with the best so far


def silent(event: Event) -> None:
    """The listener that does not listen."""
