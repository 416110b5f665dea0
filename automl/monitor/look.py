"""What a look at rows of a model at work is: the rows, what was found in them, and what it means in money.

A look asks three questions in this order: is this still the data (the contract), has the world moved in a way that
costs money (drift), is the promised saving still there (money); and where the spec limits gaps between groups of
people, is it still fair. Each answers with `Finding`s; the worst of them is the `Status` of the look.

Money is looked at by one function, `automl.monitor.money.money_look.look_at_money(bundle, window, due, asked, state)`,
which returns a `MoneyLook`. `bundle` is the opened `Bundle`. `window` is the `Window` of this look: its rows with the
bundle's answers, and their labels as far as they are known, which are provisional (None as `y`: no label was ever
given). `due` are the rows whose label is due at the end of this window and was not at the look before (older than
`asked.label_delay`), each row once in a life, in order of time: they alone may raise an alarm, and a sequence of bounds
goes over them; of some of them the label may still be unknown (NaN). `asked` is the spec's [monitor]. `state` is what
the last look's `MoneyLook.state` held, plain JSON, empty at the first. Where the bundle lacks what an estimate needs
(evidence "none", no reference rows, protocols 1 and 2), the estimate is None and a finding of kind "money" and
severity "note" says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Json = Mapping[str, object]  # plain JSON
Kind = Literal["contract", "drift", "money", "fairness"]
Severity = Literal["note", "warn", "act"]


class Status(IntEnum):
    """How it stands with a model; the value is the exit code of `automl monitor`."""

    fine = 0
    warn = 10
    act = 11


STATUS = {"note": Status.fine, "warn": Status.warn, "act": Status.act}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was seen: of which `kind`, by which `check`, in which `column`, how bad, in one sentence.

    `money` is what it costs per 1,000 rows in the currency of the spec (below 0: it saves), None where nobody knows.
    `evidence` are the numbers behind the sentence.
    """

    kind: Kind
    check: str
    severity: Severity
    sentence: str
    column: str | None = None
    money: float | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Rows of a model at work, aligned: each array has `raw.height` entries.

    `raw` are the rows as they came, `wire` the columns that the graph reads, in wire types, `answers` the columns of
    the bundle (`Bundle.columns`; decisions as text). `time` is microseconds of UTC, NaN where missing, None where the
    spec names no time. `y` is the code of the label or the number, NaN where it is not known, None where no labels
    were given; `known` is when it became known (microseconds, NaN: not said), None where nobody says.
    """

    raw: pl.DataFrame
    wire: pl.DataFrame
    answers: pl.DataFrame
    time: Floats | None = None
    y: Floats | None = None
    known: Floats | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.raw.height

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Scored:
        """The rows at these places, or those that are true, in their order; all of them are no copy."""
        if rows.dtype == np.bool_ and rows.all():
            return self
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows

        def pick(values: Floats | None) -> Floats | None:
            return None if values is None else values[places]

        return Scored(
            raw=self.raw[places],
            wire=self.wire[places],
            answers=self.answers[places],
            time=pick(self.time),
            y=pick(self.y),
            known=pick(self.known),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows of one look, the `number`-th in the life of the model (from 1 on); `start` <= time < `end`.

    Both are microseconds of UTC, None where rows have no time: then the rows given are the window.
    """

    number: int
    rows: Scored
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A saving per 1,000 rows with its interval, and on how many rows it stands.

    `sure` is False where it cannot be trusted (too few alike rows in the evidence, labels that still come).
    """

    value: float
    low: float
    high: float
    rows: int
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Rows by predicted probability: the mean `predicted`, the share `seen`, its interval, and the rows behind it.

    The probability is that of the positive label, of several classes that of the likeliest.
    """

    predicted: float
    seen: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """The labelled `rows` of one truth and one decision, and their part of the saving of 1,000 labelled rows."""

    truth: str
    decision: str
    rows: int
    saving: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyLook:
    """Money per 1,000 rows at one look: what was promised, what it seems to be, what it is known to be.

    `currency` is that of the spec, "" where it names none; None where it gives no costs: then a row's loss is its log
    loss or clipped squared error, and savings are those against the best constant. `promise` stands on the test part
    alone. `unlabelled` is the estimate for this window without labels, `labelled` that from the labels of this window
    so far, `running` the bounds that hold at all looks at once. `crossed` are decisions between labels against what
    came true, what costs most first. `late` are pairs of days and the share of labels known by then.
    """

    currency: str | None
    promise: Estimate | None = None
    unlabelled: Estimate | None = None
    labelled: Estimate | None = None
    running: Estimate | None = None
    reliability: tuple[Reliability, ...] = ()
    crossed: tuple[Crossed, ...] = ()
    late: tuple[tuple[float, float], ...] = ()
    findings: tuple[Finding, ...] = ()
    state: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found at one look: `rows` of a window, and how it stands."""

    number: int
    rows: int
    start: float | None
    end: float | None
    findings: tuple[Finding, ...]
    money: MoneyLook | None = None

    @property
    def status(self) -> Status:
        """The worst of what was found."""
        return max((STATUS[found.severity] for found in self.findings), default=Status.fine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The looks at some rows, the oldest first, and what was found of the rows as a whole.

    `name` is what the bundle is called, `waiting` are the rows that were too few for a look, `before` are the last
    looks of earlier runs, whose alarms were told then.
    """

    name: str
    looks: tuple[Look, ...]
    findings: tuple[Finding, ...] = ()
    waiting: int = 0
    before: tuple[Look, ...] = ()

    @property
    def status(self) -> Status:
        """The worst of all looks: an alarm that nobody has seen is one."""
        own = (STATUS[found.severity] for found in self.findings)
        return max((*(look.status for look in self.looks), *own), default=Status.fine)
