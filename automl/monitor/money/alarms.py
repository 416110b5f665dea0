"""What of money is worth a word: only what labels show may raise an alarm, the rest warns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from automl.decide.verdict.bootstrap import PER
from automl.decide.verdict.reason import money
from automl.monitor.look import Finding
from automl.monitor.money.courses import Bound
from automl.monitor.money.promise import Promise
from automl.monitor.money.unlabelled import LEAST, Estimated
from automl.spec.monitor import Monitor

Floats = NDArray[np.float64]
CLIPPED = 0.01  # of the money: more, and a mean of clipped values is another thing
SURE = 3.0  # standard errors: the money of a few rows is no sign of another world
UNKNOWN = 0.05  # of the labels that are due


def threshold(given: Promise, asked: Monitor) -> float:
    """The saving of a row below which the promise is broken: its lower end less what is tolerated of it."""
    low = given.low(asked.alpha / 2.0)
    return low - asked.tolerance * abs(low)


def running_findings(given: Promise, bounds: Sequence[Bound], asked: Monitor, unit: str) -> Iterator[Finding]:
    """The alarm, where the upper bound of a sequence lies below the promise."""
    least = threshold(given, asked)
    worst = min(bounds, key=lambda bound: bound.high, default=None)
    if worst is None or worst.high >= least:
        return
    yield Finding(
        kind="money",
        check="saving",
        severity="act",
        sentence=(
            f"The rows whose labels came {at_most(worst.high, unit)}; promised were "
            f"{told(given.saving, unit)}, at least {told(given.low(asked.alpha / 2.0), unit)}."
        ),
        money=PER * (given.saving - worst.mean),
        evidence={"high": PER * worst.high, "least": PER * least, "rows": worst.n, "since": worst.since},
    )


def estimate_findings(given: Promise, found: Estimated, asked: Monitor, unit: str) -> Iterator[Finding]:
    """A warning where the rows are expected to save less than promised; a note where the estimate stands on little."""
    if found.high < threshold(given, asked):
        yield Finding(
            kind="money",
            check="expected saving",
            severity="warn",
            sentence=(
                f"Without labels these rows are expected to {saves(found.saving, unit)}, and "
                f"{at_most(found.high, unit)}; promised were {told(given.saving, unit)}."
            ),
            money=PER * (given.saving - found.saving),
            evidence={"saving": PER * found.saving, "high": PER * found.high},
        )
    if not found.trusted:
        rows = 0.0 if found.effective is None else found.effective
        yield Finding(
            kind="money",
            check="effective rows",
            severity="note",
            sentence=(
                f"The estimate without labels cannot be trusted: {rows:,.0f} rows of the evidence are like these, "
                f"and it takes {LEAST:,.0f}."
            ),
            evidence={"rows": rows},
        )


def due_findings(given: Promise, saved: Floats) -> Iterator[Finding]:
    """Warnings on labels that are due and did not come, and on money beyond the bounds; `saved` [n] is NaN without."""
    known = saved[np.isfinite(saved)]
    unknown = 1.0 - known.size / max(saved.size, 1)
    if saved.size and unknown > UNKNOWN:
        yield Finding(
            kind="money",
            check="labels due",
            severity="warn",
            sentence=f"{unknown:.0%} of {saved.size:,} rows whose label is due have none; money is that of the others.",
            evidence={"rows": saved.size, "unknown": unknown},
        )
    clipped = given.range.share_clipped(known)
    if clipped > CLIPPED:
        sure = clipped - SURE * _error(given, known, clipped) > CLIPPED
        yield Finding(
            kind="money",
            check="clipped",
            severity="warn" if sure else "note",
            sentence=f"{clipped:.1%} of the money lies beyond what a row saved on test, and is not counted.",
            evidence={"share": clipped},
        )


def _error(given: Promise, saved: Floats, share: float) -> float:
    """The standard error of the `share` of the money of rows that is clipped: that of a ratio, linearised."""
    size, whole = np.abs(saved), np.abs(saved).sum()
    beyond = np.abs(saved - given.range.clipped(saved))
    return float(np.sqrt(((beyond - share * size) ** 2).sum()) / whole)


def note(check: str, sentence: str) -> Finding:
    """Something that is to be known of the estimates."""
    return Finding(kind="money", check=check, severity="note", sentence=sentence)


def at_most(saving: float, unit: str) -> str:
    """An upper bound of a row's saving in words: what is saved at most, or lost at least."""
    return f"save at most {told(saving, unit)}" if saving >= 0 else f"lose at least {told(-saving, unit)}"


def saves(saving: float, unit: str) -> str:
    """A row's saving in words, a loss as one."""
    return f"{'save' if saving >= 0 else 'lose'} {told(abs(saving), unit)}"


def told(saving: float, unit: str) -> str:
    """A row's saving in words, per 1,000 rows."""
    return f"{money(PER * saving)}{f' {unit}' if unit else ''} per 1,000 rows"
