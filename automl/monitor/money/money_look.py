"""One look at money: what was promised, what these rows are expected to save, and what those with labels saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.bundle.profile import read_profile
from automl.bundle.read import Bundle
from automl.bundle.reference import binned
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER
from automl.diagnostics.reliability import reliability
from automl.monitor.look import Crossed, Estimate, Finding, Json, MoneyLook, Reliability, Scored, Window
from automl.monitor.money.alarms import due_findings, estimate_findings, note, running_findings
from automl.monitor.money.courses import Bound, Courses, daily_units
from automl.monitor.money.crossed import crossed
from automl.monitor.money.entered import entered, lacking
from automl.monitor.money.ground import Ground, ground_of, promised, visible
from automl.monitor.money.hidden import Bounded, within_odds, worst_case
from automl.monitor.money.labelled import realised
from automl.monitor.money.ledger import Answered
from automl.monitor.money.maturity import Delays
from automl.monitor.money.outcomes import Outcomes
from automl.monitor.money.promise import Promise
from automl.monitor.money.shift import shift_weights
from automl.monitor.money.unlabelled import Estimated, Evidence, estimated
from automl.monitor.rows import groups_of
from automl.spec.monitor import Monitor

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SECOND = 1e6  # microseconds
SEED = 0
NO_GROUND = (
    "The bundle keeps no rows that money can be counted by, so it is not watched. Fit again with [bundle] evidence."
)
NO_PROMISE = "The bundle promises nothing of the rows whose labels can come, so nothing can be missed."
NO_CONCEPT = "Without labels nobody can see that the same row now means another truth."
NO_REFERENCE = "The bundle keeps no reference rows: the estimate takes these rows to be like the old ones."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entered:
    """Decided rows: what they may save, what they saved [n] (NaN without a label), and whose label can come."""

    rows: Scored
    answered: Answered
    outcomes: Outcomes
    saved: Floats
    visible: Flags
    group: NDArray[np.int64] | None


def look_at_money(bundle: Bundle, window: Window, due: Scored, asked: Monitor, state: Json) -> MoneyLook:
    """What the saving seems and is known to be; see `automl.monitor.look` for what comes in and what is kept.

    Only `due` rows with labels raise an alarm: where the upper bound of a sequence lies below the lower end of the
    promise, both at alpha/2, less what is tolerated.
    """
    ground = ground_of(bundle)
    currency = ground.policy.currency if ground is not None and ground.policy.in_money else None
    given = None if ground is None else promised(bundle, ground, asked.labels)
    if ground is None or given is None:
        return MoneyLook(currency=currency, findings=(note("money", NO_PROMISE if ground else NO_GROUND),), state=state)
    unit = currency or ""
    now, mature = (_entered(bundle, ground, rows, asked) for rows in (window.rows, due))
    expected = _unlabelled(bundle, ground, now, asked) if now.rows.n else None
    delays = _delays(ground, mature)
    courses = _courses(state).after(*_units(mature, given, window, asked), given)
    bounds = courses.bounds(given, asked.alpha / 2.0)
    return MoneyLook(
        currency=currency,
        promise=_per(given.saving, given.low(asked.alpha / 2.0), given.high(asked.alpha / 2.0), given.units),
        unlabelled=None if expected is None else _estimate(expected),
        labelled=_labelled(ground, now, delays, window, asked),
        running=_running(bounds),
        reliability=_reliability(ground, now),
        crossed=_crossed(bundle, ground, now),
        late=() if delays is None else delays.told(),
        findings=(
            *running_findings(given, bounds, asked, unit),
            *(() if expected is None else estimate_findings(given, expected, asked, unit)),
            *(() if due.y is None else due_findings(given, mature.saved[mature.visible])),
            *_notes(bundle, ground, window.rows),
        ),
        state={"courses": courses.to_json()},
    )


def _entered(bundle: Bundle, ground: Ground, rows: Scored, asked: Monitor) -> _Entered:
    """The rows that were decided."""
    answered = entered(bundle, ground.policy, rows)
    kept = np.flatnonzero(np.isfinite(answered.decision) & (answered.decision >= 0 if _coded(ground) else True))
    rows, answered = rows.take(kept), answered.take(kept)
    y = np.full(rows.n, np.nan) if rows.y is None else rows.y
    return _Entered(
        rows=rows,
        answered=answered,
        outcomes=ground.ledger.outcomes(answered),
        saved=ground.ledger.saved(answered, y),
        visible=visible(answered, asked.labels),
        group=groups_of(bundle.manifest, rows),
    )


def _coded(ground: Ground) -> bool:
    return isinstance(ground.policy, LabelPolicy)


def _unlabelled(bundle: Bundle, ground: Ground, now: _Entered, asked: Monitor) -> Estimated:
    """The estimate without labels of all rows of the window."""
    parts = [part for part in (ground.test, ground.oof) if part is not None]
    if not parts:
        return estimated(now.outcomes, alpha=asked.alpha, seed=SEED)
    beyond = np.concatenate([part.saved - part.expected for part in parts])
    known = np.flatnonzero(np.isfinite(beyond))
    weight = np.concatenate([part.weight for part in parts])
    groups = [part.group for part in parts if part.group is not None]
    times = [np.nan_to_num(part.time) for part in parts if part.time is not None]
    old = np.concatenate([part.bins.to_numpy() for part in parts])
    shift = None
    if old.shape[1]:
        bins = binned(now.rows.wire, read_profile(bundle.files).columns).select(parts[0].bins.columns)
        shift = shift_weights(old[known].astype(np.int64), bins.to_numpy().astype(np.int64), seed=SEED)
    evidence = Evidence(
        beyond=beyond[known],
        weight=weight[known],
        group=np.concatenate(groups)[known] if len(groups) == len(parts) else None,
        period=_periods(np.concatenate(times)[known], asked) if len(times) == len(parts) else None,
    )
    return estimated(now.outcomes, evidence, shift, alpha=asked.alpha, seed=SEED)


def _periods(time: Floats, asked: Monitor) -> NDArray[np.int64]:
    """The window that each time (microseconds) falls into [n]."""
    return (time // (asked.window * SECOND)).astype(np.int64)


def _labelled(ground: Ground, now: _Entered, delays: Delays | None, window: Window, asked: Monitor) -> Estimate | None:
    """The saving of the window from the labels that are there so far; with bounds for rows that can have none."""
    seen = np.flatnonzero(now.visible)
    weight = None
    if delays is not None and now.rows.time is not None and now.rows.y is not None and window.end is not None:
        weight = np.nan_to_num(delays.weights(_kinds(ground, now.rows.y[seen]), window.end - now.rows.time[seen]))
    saved = now.saved[seen] if weight is None else np.where(weight > 0, now.saved[seen], np.nan)
    group = None if now.group is None else now.group[seen]
    found = realised(saved, now.outcomes.expected[seen], weight, group, alpha=asked.alpha)
    if found is None:
        return None
    sure = found.known == found.rows
    low, high, middle = found.low, found.high, found.saving
    if not now.visible.all():
        hidden = _hidden(now, asked)
        share = 1.0 - hidden.hidden
        low, high = share * found.low + hidden.low, share * found.high + hidden.high
        middle = (low + high) / 2.0
    return _per(middle, low, high, found.known, sure=sure)


def _hidden(now: _Entered, asked: Monitor) -> Bounded:
    """What the rows without a label add to the mean of all, at least and at most."""
    nothing = np.where(now.visible, 0.0, np.nan)
    if asked.odds_ratio is None:
        return worst_case(nothing, now.outcomes, ~now.visible)
    return within_odds(nothing, now.outcomes, ~now.visible, ratio=asked.odds_ratio, alpha=asked.alpha)


def _units(mature: _Entered, given: Promise, window: Window, asked: Monitor) -> tuple[Floats, Floats]:
    """The units of the sequences and their times; rows without a time are those of their look."""
    known = np.flatnonzero(mature.visible & np.isfinite(mature.saved))
    own = mature.rows.time
    time = np.full(mature.rows.n, window.number * asked.step * SECOND) if own is None else own
    group = None if mature.group is None else mature.group[known]
    return daily_units(given.range.clipped(mature.saved[known]), time[known], group)


def _delays(ground: Ground, mature: _Entered) -> Delays | None:
    """When labels come, from the rows whose label is due; numbers are all of one kind."""
    rows = mature.rows
    if rows.known is None or rows.time is None or rows.y is None:
        return None
    return Delays.of(rows.known - rows.time, _kinds(ground, rows.y))


def _kinds(ground: Ground, y: Floats) -> Floats:
    return y if _coded(ground) else np.where(np.isfinite(y), 0.0, np.nan)


def _courses(state: Json) -> Courses:
    kept = state.get("courses")
    return Courses.from_json(dict(kept)) if isinstance(kept, dict) else Courses()


def _running(bounds: tuple[Bound, ...]) -> Estimate | None:
    """The sequence whose upper bound is the lowest: the one that would raise the alarm."""
    if not bounds:
        return None
    one = min(bounds, key=lambda bound: bound.high)
    return _per(one.mean, one.low, one.high, one.n)


def _reliability(ground: Ground, now: _Entered) -> tuple[Reliability, ...]:
    """Whether probabilities are kept on the rows with labels, of several classes that of the likeliest."""
    p, y = now.answered.prediction, now.rows.y
    if not _coded(ground) or y is None:
        return ()
    known = np.flatnonzero(np.isfinite(y))
    if not known.size:
        return ()
    came = y[known] if p.shape[1] == 1 else (p[known].argmax(axis=1) == y[known]).astype(np.float64)
    return tuple(
        Reliability(predicted=one.promised, seen=one.share, low=one.low, high=one.high, rows=one.rows)
        for one in reliability(came, p[known].max(axis=1))
    )


def _crossed(bundle: Bundle, ground: Ground, now: _Entered) -> tuple[Crossed, ...]:
    """Decisions against truths, where both are labels."""
    if not isinstance(ground.policy, LabelPolicy) or now.rows.y is None:
        return ()
    texts, actions = bundle.manifest.target.texts, ground.policy.actions
    return crossed(texts, actions, now.rows.y, now.answered.decision, now.saved)


def _notes(bundle: Bundle, ground: Ground, rows: Scored) -> Iterator[Finding]:
    if ground.test is not None and not ground.test.bins.width:
        yield note("reference", NO_REFERENCE)
    if away := lacking(bundle, ground.policy, rows):
        yield note("columns", f"The rows lack {', '.join(away)}: costs count at their mean, and today's rule passes.")
    if rows.y is None or not np.isfinite(rows.y).any():
        yield note("concept", NO_CONCEPT)


def _estimate(found: Estimated) -> Estimate:
    return _per(found.saving, found.low, found.high, found.rows, sure=found.trusted)


def _per(value: float, low: float, high: float, rows: int, *, sure: bool = True) -> Estimate:
    return Estimate(value=PER * value, low=PER * low, high=PER * high, rows=rows, sure=sure)
