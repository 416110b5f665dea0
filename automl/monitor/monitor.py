"""The story of a watch: rows -> looks in time -> contract, drift, money -> how it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from automl.bundle.read import Bundle
from automl.decide.verdict.bootstrap import PER
from automl.errors import DataError
from automl.monitor.contract import cells_of, columns_of
from automl.monitor.drift.bounds import Care, independent, spent
from automl.monitor.drift.drifts import Then, drifts
from automl.monitor.drift.priced import Saving, price
from automl.monitor.labels import labelled
from automl.monitor.look import Finding, Look, Scored, Watched
from automl.monitor.rows import groups_of, scored
from automl.monitor.state import State
from automl.monitor.windows import Looked, windows
from automl.names import inside
from automl.spec import parse
from automl.spec.monitor import Monitor
from automl.spec.units import read_duration

MOSTLY = 2 / 3  # of a distance is explained by cells that are missing or new
WORTH = 0.01  # of the promised saving: a drift that moves less is a note
PRICED = (
    "numbers",
    "levels",
    "slip",
    "missing",
    "unseen",
    "range",
    "lacking",
)  # checks whose column can be mapped back


def monitor(
    bundle: Bundle,
    frame: object,
    *,
    labels: object | None = None,
    since: float | None = None,
    window: str | None = None,
    state: State | None = None,
) -> tuple[Watched, State]:
    """What was found in the rows of a frame, and what is to be remembered for the next ones.

    `labels` is a frame with the keys of the spec and the target; without it the rows' own target is taken, if they have
    one. `since` (microseconds of UTC) leaves out earlier rows, `window` overrules the spec's. Raises DataError for rows
    that cannot be scored, and labels that belong to nobody.
    """
    state = state or State(bundle=bundle.manifest.content_hash)
    asked = asked_of(bundle, window)
    rows, lacking = scored(bundle, frame)
    rows, said = labelled(bundle.manifest, rows, labels)
    rows, left_out = _timed(rows, since)
    then = Then.of(bundle)
    looks: list[Look] = []
    for each in windows(rows, asked, looks=state.looks, since=state.until):
        looks.append(_look(bundle, each, asked, then, lacking))
        state = replace(state, looks=each.window.number, until=each.window.end)
    waiting = _waiting(rows, state, len(looks))
    few = () if looks else (_few(waiting, asked),)
    return Watched(name=bundle.path.stem, looks=tuple(looks), findings=(*said, *left_out, *few), waiting=waiting), state


def asked_of(bundle: Bundle, window: str | None = None) -> Monitor:
    """The spec's [monitor], or its defaults; with another `window`, such as ``7d``. Raises SpecError for no time."""
    asked = parse(bundle.manifest.spec).monitor or Monitor()
    if window is None:
        return asked
    seconds = read_duration(window)
    every = None if asked.every is None else min(asked.every, seconds)
    return asked.model_copy(update={"window": seconds, "every": every})


def _look(bundle: Bundle, looked: Looked, asked: Monitor, then: Then, lacking: tuple[str, ...]) -> Look:
    window, rows = looked.window, looked.window.rows
    care = Care(
        alpha=spent(asked.alpha, window.number),
        bounds=then.bounds,
        now=independent(groups_of(bundle.manifest, rows), rows.n),
        then=then.rows,
    )
    found = [
        *columns_of(bundle, rows, lacking),
        *cells_of(bundle, rows, then.profile.columns, care, lacking),
        *drifts(rows, then, care, delta=asked.drift, lacking=lacking),
    ]
    found = told_once(found)
    saving = saving_of(bundle)
    weighed = tuple(_weighed(bundle, rows, then, found, saving))
    return Look(
        number=window.number, rows=rows.n, start=window.start, end=window.end, findings=(*looked.findings, *weighed)
    )


def _weighed(bundle: Bundle, rows: Scored, then: Then, found: list[Finding], saving: Saving) -> Iterator[Finding]:
    """The findings with their money; one whose column costs and saves nothing is a note."""
    names = {inside(each.column) for each in found if each.column and each.check in PRICED}
    columns = [name for name in then.columns if name in names and name in rows.wire.columns]
    prices = {name: price(bundle, rows, name, then.columns[name], saving) for name in columns}
    small = WORTH * _scale(bundle, rows, saving)
    for each in found:
        money = prices.get(inside(each.column)) if each.column and each.check in PRICED else None
        if money is None:
            yield each
        else:
            worth = abs(money) >= small
            yield replace(each, money=money, severity=each.severity if worth else "note")


def _scale(bundle: Bundle, rows: Scored, saving: Saving) -> float:
    """The saving per 1,000 rows that others are measured by: the promised one, or what it seems to be."""
    if bundle.manifest.verdict is not None:
        return abs(bundle.manifest.verdict.test_saving)
    return abs(saving(rows) or 0.0)


def told_once(found: Sequence[Finding]) -> list[Finding]:
    """The findings without those that another one of the same column explains.

    Numbers of another unit lie far out, and what is missing or new moved the distribution by as much.
    """
    slips = {each.column for each in found if each.check == "slip"}
    risen = {e.column: e.evidence["share"] - e.evidence["was"] for e in found if e.check in {"missing", "unseen"}}

    def explained(each: Finding) -> bool:
        if each.check == "range":
            return each.column in slips
        moved = each.check in {"numbers", "levels"} and each.column in risen
        return moved and risen[each.column] > MOSTLY * each.evidence["distance"]

    return [each for each in found if not explained(each)]


def saving_of(bundle: Bundle) -> Saving:
    """How the saving of rows is estimated; nobody can say without costs."""

    def saving(rows: Scored) -> float | None:
        cost = rows.answers.get_column("expected_cost", default=None)
        return None if cost is None or not rows.n else -PER * float(cost.to_numpy().mean())

    return saving


def _timed(rows: Scored, since: float | None) -> tuple[Scored, tuple[Finding, ...]]:
    """The rows from `since` on; where rows have times, those without one are left out, and counted."""
    if rows.time is None:
        if since is not None:
            hint = "Name data.time in the spec, and give that column."
            raise DataError("rows without a time cannot be told apart by one", where="--since", hint=hint)
        return rows, ()
    kept = rows.take(rows.time >= (-np.inf if since is None else since))
    lost = int(np.isnan(rows.time).sum())
    if not kept.n:
        raise DataError("no row is so late", where="--since", hint="Give an earlier date.")
    said = f"{lost:,} rows have no time that can be read, and are left out."
    return kept, (Finding(kind="contract", check="time", severity="warn", sentence=said),) if lost else ()


def _waiting(rows: Scored, state: State, looks: int) -> int:
    """The rows that no look has seen."""
    if rows.time is None:
        return 0 if looks else rows.n
    return int((rows.time >= (-np.inf if state.until is None else state.until)).sum())


def _few(waiting: int, asked: Monitor) -> Finding:
    said = f"{waiting:,} new rows are too few for a look: it takes {asked.least:,} ([monitor] least)."
    return Finding(kind="contract", check="few", severity="note", sentence=said)
