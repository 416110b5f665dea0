"""Is it still the data: what a bundle reads is there, of the kind it was, and written as it was.

What nothing reads raises no alarm: further columns are told in a note. What the reader cannot read, it says itself
(`automl.data.read.unread`); shares are alarms where they surely rose (`automl.monitor.drift.bounds`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from automl.bundle.margins import Margin
from automl.bundle.read import Bundle
from automl.bundle.unlike import far_out, spelled_otherwise
from automl.data.audit.univariate import is_missing
from automl.data.read.frames import tallies
from automl.data.read.unread import ENOUGH
from automl.errors import nearest
from automl.monitor.drift.bounds import Care
from automl.monitor.drift.reference import shares_of
from automl.monitor.look import Finding, Scored, Severity
from automl.names import inside, outside
from automl.spec import parse
from automl.spec.data import Data

RISEN = 0.01  # of the rows: a share that surely rose by less is let be
GONE = 0.5  # of the rows: from here on a column is not what it was
BEYOND = 0.02  # of the training rows at most lay beyond their 1 % and 99 % quantiles
NAMED = 3  # levels, or columns, that a sentence names
LETTERS = 40  # of a level


def columns_of(bundle: Bundle, rows: Scored, data: Data, lacking: Collection[str]) -> Iterator[Finding]:
    """What is told of the columns themselves: those that are lacking, that nothing reads, and whose type changed."""
    beside = {*bundle.manifest.keys, *bundle.columns, bundle.manifest.target.name, *_named(bundle, data)}
    known = set(map(inside, (*bundle.needed, *bundle.optional, *beside)))
    extra = [name for name in rows.raw.columns if name not in known]
    for name in lacking:
        close = nearest(name, extra)
        guess = f"; is it now called {close!r}?" if close else ""
        said = f"Column {outside(name)!r} is missing, or has no value at all{guess}"
        yield _found("lacking", name, "act", said + ("" if close else "."))
    if extra:
        named = ", ".join(repr(outside(name)) for name in extra[:NAMED])
        more = f" and {len(extra) - NAMED:,} more" if len(extra) > NAMED else ""
        yield _found("extra", None, "note", f"The model does not read {named}{more}.")
    yield from _types(bundle, rows, lacking)


def cells_of(
    bundle: Bundle, rows: Scored, data: Data, margins: Mapping[str, Margin], care: Care, lacking: Collection[str]
) -> Iterator[Finding]:
    """What is told of cells: that cannot be read, that are missing, of levels never seen, of numbers far out.

    Only of columns that the graph reads, and not of those that are `lacking`.
    """
    wire = rows.wire.drop(*lacking, strict=False)
    read = [entry for entry in bundle.manifest.reader["columns"] if entry["name"] in wire.columns]
    unread = tallies({"columns": read}, rows.raw, wire)
    for name, margin in margins.items():
        if name not in wire.columns:
            continue
        tally = unread.get(name)
        if tally is not None and (lost := tally.unread):
            share = lost / (lost + tally.read)
            severity: Severity = "act" if share >= GONE and lost >= ENOUGH else "warn"
            yield _found("unread", name, severity, f"Column {outside(name)!r}: {tally}.", share=share)
        yield from _missing(name, wire[name], margin, care)
        yield from _levels(name, wire[name], margin, care)
        if name not in data.time:
            yield from _range(name, wire[name], margin, care)


def _missing(name: str, cells: pl.Series, margin: Margin, care: Care) -> Iterator[Finding]:
    share = float(is_missing(cells).mean())
    if care.of_share(share, margin.missing) > RISEN:
        severity: Severity = "act" if share >= GONE > margin.missing else "warn"
        said = f"Column {outside(name)!r} is missing in {share:.1%} of the rows, and was in {margin.missing:.1%}."
        yield _found("missing", name, severity, said, share=share, was=margin.missing)


def _levels(name: str, cells: pl.Series, margin: Margin, care: Care) -> Iterator[Finding]:
    if margin.levels is None:
        return
    new = {level: share for level, share in shares_of(cells).items() if level and level not in margin.levels}
    share, was = sum(new.values()), max(0.0, 1.0 - sum(margin.levels.values()) - margin.missing)
    if care.of_share(share, was) <= RISEN:
        return
    top = sorted(new, key=lambda level: -new[level])[:NAMED]
    shown = ", ".join(repr(level if len(level) <= LETTERS else f"{level[:LETTERS]}...") for level in top)
    said = f"Column {outside(name)!r} has levels that were not among the usual ones in {share:.1%} of the rows"
    hint = spelled_otherwise(top, margin.levels)
    yield _found(
        "unseen",
        name,
        "act" if share >= GONE else "warn",
        f"{said} ({was:.1%} were), such as {shown}{hint}.",
        share=share,
        was=was,
    )


def _range(name: str, cells: pl.Series, margin: Margin, care: Care) -> Iterator[Finding]:
    found = far_out(cells.to_numpy(), margin)
    if found is None:
        return
    far, low, high = found
    if care.of_share(far, BEYOND) > RISEN:
        said = f"Column {outside(name)!r} lies far beyond {low:.6g} to {high:.6g} in {far:.1%} of the rows."
        yield _found("range", name, "warn", said, share=far, low=low, high=high)


def _types(bundle: Bundle, rows: Scored, lacking: Collection[str]) -> Iterator[Finding]:
    """Columns whose cells came as text and were numbers, or the other way round.

    Where all columns of a kind changed so, the rows come in another kind of file: that is a note.
    """
    golden = json.loads(bundle.files.read("golden/rows.json"))
    there = [name for name in map(inside, bundle.needed) if name not in lacking]
    before = {name: kind for name in there if (kind := _kind_of(golden, outside(name)))}
    now = {name: kind for name in before if (kind := _kind(rows.raw.schema[name]))}
    changed: dict[tuple[str, str], list[str]] = {}
    for name, kind in now.items():
        if kind != before[name]:
            changed.setdefault((before[name], kind), []).append(name)
    for (was, kind), names in changed.items():
        every = sum(1 for name in now if before[name] == was)
        listed = ", ".join(repr(outside(name)) for name in names[:NAMED]) + (", ..." if len(names) > NAMED else "")
        if len(names) == every and every > 1:
            said = f"All columns that were {was} came as {kind} ({listed}), as another kind of file has them."
            yield _found("type", None, "note", said)
        else:
            said = f"{listed} came as {kind}, and {'was' if len(names) == 1 else 'were'} {was}; what can be read, is."
            yield _found("type", names[0] if len(names) == 1 else None, "warn", said)


def _kind_of(golden: Sequence[Mapping[str, object]], name: str) -> str | None:
    """What most cells of the golden rows are: some of these rows are extremes."""
    cells = [cell for row in golden if isinstance(cell := row.get(name), str | int | float) and cell != ""]
    text = sum(isinstance(cell, str) for cell in cells)
    return None if not cells else "text" if text > len(cells) / 2 else "numbers"


def _kind(dtype: pl.DataType) -> str | None:
    if dtype == pl.Object:
        return "values of several kinds"
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        return "text"
    return "numbers" if dtype.is_numeric() or dtype == pl.Boolean else None


def _named(bundle: Bundle, data: Data) -> list[str]:
    """The columns that the spec names for time, group, weight and fairness, and those that it leaves out."""
    groups = [limit.column for limit in parse(bundle.manifest.spec).limits.fairness]
    single = [name for name in (data.group, data.weight) if name]
    return [*data.time, *single, *groups, *data.exclude, *data.outcomes]


def _found(check: str, column: str | None, severity: Severity, said: str, **evidence: float) -> Finding:
    numbers = {name: float(np.round(value, 6)) for name, value in evidence.items()}
    name = None if column is None else outside(column)
    return Finding(kind="contract", check=check, severity=severity, sentence=said, column=name, evidence=numbers)
