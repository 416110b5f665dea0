"""The story of a watch: rows -> looks in time -> contract, drift, money -> how it stands."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.bundle.read import Bundle
from automl.errors import DataError, SpecError
from automl.monitor.contract import cells_of, columns_of
from automl.monitor.drift.bounds import Care, independent, spent
from automl.monitor.drift.drifts import Then, drifts
from automl.monitor.drift.priced import Saving
from automl.monitor.fairness import unfair
from automl.monitor.labels import labelled
from automl.monitor.look import STATUS, Finding, Json, Look, Scored, Status, Watched
from automl.monitor.money.money_look import look_at_money
from automl.monitor.rows import groups_of, scored
from automl.monitor.state import State
from automl.monitor.weighed import saving_of, weighed
from automl.monitor.windows import DAY, Looked, windows
from automl.spec import parse
from automl.spec.data import Data
from automl.spec.monitor import Monitor
from automl.spec.units import read_duration, write_span


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """What all looks of a run have in common."""

    bundle: Bundle
    asked: Monitor
    data: Data
    then: Then
    saving: Saving
    lacking: Collection[str]


def monitor(
    bundle: Bundle,
    frame: object,
    *,
    labels: object | None = None,
    times: NDArray[np.float64] | None = None,
    since: float | None = None,
    window: str | None = None,
    state: State | None = None,
    now: float | None = None,
) -> tuple[Watched, State]:
    """What was found in the rows of a frame, and what is to be remembered for the next ones.

    `labels` is a frame with the keys of the spec and the target; without it the rows' own target is taken, if they have
    one. `times` [n] (microseconds of UTC) are those of the rows, in place of what the spec calls time. `since`
    (microseconds of UTC) leaves out earlier rows, `window` overrules the spec's; labels known only after `now` do not
    count yet. Raises DataError for rows that cannot be scored, and for labels that belong to nobody.
    """
    state = state or State(bundle=bundle.manifest.content_hash)
    asked, data = asked_of(bundle, window), parse(bundle.manifest.spec).data
    rows, lacking = scored(bundle, frame, data)
    rows = rows if times is None else replace(rows, time=times)
    rows, said = labelled(bundle.manifest, rows, labels, now)
    rows, left_out = _timed(rows, since)
    watch = _Watch(
        bundle=bundle, asked=asked, data=data, then=Then.of(bundle), saving=saving_of(bundle), lacking=lacking
    )
    looks: list[Look] = []
    for each in windows(rows, asked, looks=state.looks, since=state.until):
        look = _look(watch, each, state.money)
        looks.append(look)
        kept = look.money.state if look.money else state.money
        state = replace(state, looks=look.number, until=look.end, money=kept)
    waiting = _waiting(rows, state, len(looks))
    few = () if looks else (_few(rows, waiting, asked),)
    return Watched(name=bundle.path.stem, looks=tuple(looks), findings=(*said, *left_out, *few), waiting=waiting), state


def asked_of(bundle: Bundle, window: str | None = None) -> Monitor:
    """The spec's [monitor], or its defaults; with another `window`, such as ``7d``. Raises SpecError for no time."""
    asked = parse(bundle.manifest.spec).monitor or Monitor()
    if window is None:
        return asked
    try:
        seconds = read_duration(window)
    except ValueError as error:
        raise SpecError(str(error), where="window") from error
    every = None if asked.every is None else min(asked.every, seconds)
    return asked.model_copy(update={"window": seconds, "every": every})


def _look(watch: _Watch, looked: Looked, state: Json) -> Look:
    bundle, then, window, rows = watch.bundle, watch.then, looked.window, looked.window.rows
    alpha = spent(watch.asked.alpha, window.number)
    alone = watch.asked.least <= looked.new.n < rows.n
    found = [
        *columns_of(bundle, rows, watch.data, watch.lacking),
        *_changes(watch, rows, alpha=alpha / 2 if alone else alpha),
    ]
    changes = list(weighed(bundle, rows, then.columns, found, watch.saving))
    if alone:
        changes += _since(changes, _broken(watch, looked.new, alpha=alpha / 2))
    money = look_at_money(bundle, window, looked.due, watch.asked, state)
    return Look(
        number=window.number,
        rows=rows.n,
        start=window.start,
        end=window.end,
        findings=(*looked.findings, *changes, *money.findings, *unfair(bundle, looked.due, alpha)),
        money=money,
    )


def _changes(watch: _Watch, rows: Scored, *, alpha: float) -> Iterator[Finding]:
    """What is told of the cells of some rows, and of how they are distributed; falsely with a chance of `alpha`."""
    then, data = watch.then, watch.data
    care = Care(
        alpha=alpha,
        bounds=then.bounds,
        now=independent(groups_of(watch.bundle.manifest, rows), rows.n),
        then=then.rows,
    )
    yield from cells_of(watch.bundle, rows, data, then.profile.columns, care, watch.lacking)
    yield from drifts(rows, then, care, delta=watch.asked.drift, besides={*watch.lacking, *data.time})


def _broken(watch: _Watch, rows: Scored, *, alpha: float) -> Iterator[Finding]:
    """Where the rows since the last look break the contract: a window that reaches back hides that for days."""
    found = weighed(watch.bundle, rows, watch.then.columns, [*_changes(watch, rows, alpha=alpha)], watch.saving)
    yield from (each for each in found if each.kind == "contract")


def _since(told: Sequence[Finding], found: Iterable[Finding]) -> Iterator[Finding]:
    """What is `found` of the rows since the last look, and was not `told` of the window, or as less bad."""
    known = {(each.column, each.check): STATUS[each.severity] for each in told}
    for each in found:
        if STATUS[each.severity] > known.get((each.column, each.check), Status.fine):
            yield replace(each, sentence=f"Since the last look: {each.sentence}")


def _timed(rows: Scored, since: float | None) -> tuple[Scored, tuple[Finding, ...]]:
    """The rows from `since` on; where rows have times, those without one are left out, and counted."""
    if rows.time is None:
        if since is not None:
            hint = "Name data.time in the spec, and give that column."
            raise DataError("rows without a time cannot be told apart by one", where="since", hint=hint)
        return rows, ()
    kept = rows.take(rows.time >= (-np.inf if since is None else since))
    lost = int(np.isnan(rows.time).sum())
    if not kept.n:
        raise DataError("no row is so late", where="since", hint="Give an earlier date.")
    said = f"{lost:,} rows have no time that can be read, and are left out."
    return kept, (Finding(kind="contract", check="time", severity="warn", sentence=said),) if lost else ()


def _waiting(rows: Scored, state: State, looks: int) -> int:
    """The rows that no look has seen."""
    if rows.time is None:
        return 0 if looks else rows.n
    return int((rows.time >= (-np.inf if state.until is None else state.until)).sum())


def _few(rows: Scored, waiting: int, asked: Monitor) -> Finding:
    """Why there was no look: too few rows, or none of the windows has enough of them."""
    said = f"{waiting:,} new rows are too few for a look: it takes {asked.least:,} ([monitor] least)."
    if waiting >= asked.least and rows.time is not None:
        most = write_span(asked.window)
        dense = np.sort(rows.time[np.isfinite(rows.time)])
        spans = dense[asked.least - 1 :] - dense[: dense.size - asked.least + 1]
        wide = f"; --window {math.ceil(spans.max() / DAY) + 1}d has" if spans.size else ""
        said = (
            f"{waiting:,} new rows, but no window of {most} has the {asked.least:,} of a look{wide} ([monitor] window)."
        )
    late = f" {rows.n - waiting:,} rows are of a time that was looked at before." if rows.n > waiting else ""
    return Finding(kind="contract", check="few", severity="note", sentence=said + late)
