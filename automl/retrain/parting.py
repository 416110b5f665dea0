"""New rows -> those to learn from, a gap, and the most recent mature ones, that neither side has learned from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import PurePath

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.kept import kept_rows
from automl.bundle.read import Bundle
from automl.data.infer.row_time import row_times
from automl.data.labels import words_for_missing
from automl.data.parts import part_rows
from automl.data.read.source import SourceTable
from automl.data.schema import check_names
from automl.data.sources import Sources
from automl.errors import DataError
from automl.explore.distribution import moment
from automl.names import inside
from automl.retrain.contest import Ages, Parted
from automl.spec import Spec
from automl.spec.retrain import Retrain

Floats = NDArray[np.float64]
SECOND = 1e6  # microseconds
DAY = 86_400.0  # seconds


def part(source: SourceTable, champion: Bundle, spec: Spec, asked: Retrain, *, since: float | None = None) -> Parted:
    """Part the rows of `source` by time where the spec names one, else as a fit sets its test part aside.

    Rows that the champion has learned from may be among them: challengers learn from them too, and it is judged on
    the last of those that came later.

    Rows whose label is not due yet (see `maturity`) are left out, with labels or without: those that came early are
    not like the others. `since` (microseconds of UTC) leaves out earlier rows. Raises `DataError` where fewer than
    `asked.least` rows are left, and where the champion has learned from those that it would be judged on, `SpecError`
    where they lack a column that rows cannot do without, such as their time.
    """
    _check_target(source, spec)
    check_names(source.frame.columns, narrowed(spec, source.frame.columns))
    due = maturity(spec)
    seen = row_times(source.frame, spec.data)
    source, time = _mature(source, seen, due, since)
    data = spec.data.model_copy(update={"horizon": due or None, "test": None})
    parting = spec.model_copy(update={"data": data})
    sources = Sources(train=source, test=None, columns=tuple(source.frame.columns))
    absent = words_for_missing(source.frame[spec.objective.target], spec, typed=sources.typed)
    until = learned_until(champion)
    parts, _ = part_rows(parting, sources, absent, after=until)
    learn, judged = parts.train, parts.test
    if learn.time is not None and judged.time is not None:
        begin = np.nanmax(judged.time) - (asked.window or np.inf) * SECOND
        learn = learn.take(np.flatnonzero(~(learn.time < begin)))
        judged = judged.take(np.flatnonzero(judged.time > until))
    elif known := _learned_from(champion, spec) & set(source.digests.values()):
        what = f"the champion has learned from these very rows ({min(known)[:12]}), and they name no time"
        raise DataError(what, where="--data", hint="Give rows that came later.")
    _check_enough(learn.raw, judged.raw, asked, champion, timed=learn.time is not None)
    return Parted(
        learn=replace(source, frame=learn.raw),
        judged=replace(source, frame=judged.raw),
        between=None if parts.between is None else replace(source, frame=parts.between.raw),
        sentence=" ".join([parts.split.replace("Test", "What is judged on", 1), *_lacking(source, champion)]),
        rate=None if time is None else _rate(time),
        ages=_ages(judged.time, seen, until, asked),
    )


def narrowed(spec: Spec, columns: Collection[str]) -> Spec:
    """The spec without what it says of columns that are not there, and that rows can do without."""
    data = spec.data
    audit = data.audit.model_copy(update={"keep": tuple(name for name in data.audit.keep if name in columns)})
    left = {
        "exclude": tuple(name for name in data.exclude if name in columns),
        "types": {name: kind for name, kind in data.types.items() if name in columns},
        "audit": audit,
    }
    return spec.model_copy(update={"data": data.model_copy(update=left)})


def maturity(spec: Spec) -> float:
    """The seconds after which the label of a row is known."""
    watched = 0.0 if spec.monitor is None else spec.monitor.label_delay
    return max(spec.data.horizon or 0.0, watched)


def learned_until(champion: Bundle) -> float:
    """The time of the last row that the champion learned from, by its evidence; -inf where nobody knows."""
    kept = kept_rows(champion).data
    times = [kept.train.time, kept.test.time] if _is_twin(champion) else [kept.train.time]
    known = [float(np.nanmax(time)) for time in times if time is not None and np.isfinite(time).any()]
    return max(known, default=-np.inf)


def _is_twin(champion: Bundle) -> bool:
    """Whether it has learned from the rows that it was judged on, too."""
    return champion.manifest.twin is not None and champion.manifest.twin.shipped


def later_frame(raw: pl.DataFrame, spec: Spec, until: float) -> pl.DataFrame:
    """The raw rows that are later than `until` (microseconds of UTC); all where the spec names no time."""
    time = row_times(raw, spec.data)
    return raw if time is None else raw.filter(time > until)


def _learned_from(champion: Bundle, spec: Spec) -> set[str]:
    """The digests of the sources that the champion learned from: its test file is none, where it is no twin."""
    test = spec.data.test if isinstance(spec.data.test, str) and not _is_twin(champion) else ""
    sources = champion.manifest.sources.items()
    return {digest for name, digest in sources if PurePath(name).name != PurePath(test).name}


def _check_target(source: SourceTable, spec: Spec) -> None:
    if spec.objective.target not in source.frame.columns:
        hint = "A challenger learns from rows whose outcome is known."
        raise DataError(f"the rows have no column {spec.objective.target!r}, the target", where="--data", hint=hint)


def _lacking(source: SourceTable, champion: Bundle) -> list[str]:
    """A sentence on columns that the champion reads and the rows do not have."""
    gone = [name for name in map(inside, champion.needed) if name not in source.frame.columns]
    named = ", ".join(map(repr, gone))
    return [f"The rows lack {named}: to the champion that is missing, and a refit does without."] if gone else []


def _mature(
    source: SourceTable, time: Floats | None, due: float, since: float | None
) -> tuple[SourceTable, Floats | None]:
    if time is None:
        if since is None:
            return source, None
        hint = "Name data.time in the spec, and give that column."
        raise DataError("rows without a time cannot be told apart by one", where="--since", hint=hint)
    end = np.nanmax(time) - due * SECOND
    kept = np.flatnonzero((time <= end) & (time >= (-np.inf if since is None else since)))
    if not kept.size:
        late = f" after {moment(since)}" if since is not None else ""
        last = f"it takes {due / DAY:g} days, and the last is of {moment(np.nanmax(time))}"
        what = f"no row{late} is so old that its label is due: {last}"
        raise DataError(what, where="--data", hint="Wait for more rows: the time of the last one counts as now.")
    return replace(source, frame=source.frame[kept]), time[kept]


def _check_enough(learn: pl.DataFrame, judged: pl.DataFrame, asked: Retrain, champion: Bundle, *, timed: bool) -> None:
    rows = learn.height + judged.height
    if rows >= asked.least and min(learn.height, judged.height) >= asked.least // 5:
        return
    until = learned_until(champion)
    told = f", and the champion has learned from rows until {moment(until)}" if timed and np.isfinite(until) else ""
    what = f"{learn.height:,} rows to learn from and {judged.height:,} to judge on are too few{told}"
    longer = " or give a longer window" if asked.window else ""
    hint = (
        f"It takes {asked.least:,} with a label ([retrain] least), a fifth of them to judge on. Wait for more{longer}."
    )
    raise DataError(what, where="--data", hint=hint)


def _ages(judged: Floats | None, seen: Floats | None, until: float, asked: Retrain) -> Ages | None:
    if judged is None or seen is None or not np.isfinite(until):
        return None
    first, last, now = ((moment - until) / SECOND for moment in (np.nanmin(judged), np.nanmax(judged), np.nanmax(seen)))
    return Ages(judged=(first, last), used=(now, now + (asked.every or asked.pays_within)))


def _rate(time: Floats) -> float | None:
    span = (np.nanmax(time) - np.nanmin(time)) / SECOND
    return float(np.isfinite(time).sum() / span) if span > 0 else None
