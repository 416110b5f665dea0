"""What is wrong with columns before anything learns from them: constants, copies, infinities, leaks."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.drift import told_apart
from automl.data.audit.leaks import leaks, no_longer_filled
from automl.data.infer.missing_words import INFINITE, KNOWN, LABEL_MISSING
from automl.data.read.frames import counted, read_column, unread
from automl.data.read.scalars import BLANKS
from automl.data.rows import Column, Finding, Schema, finding
from automl.spec import Spec
from automl.task import Task

LATEST = 0.95  # the share of train rows before most of test, if test is later
FEW = 1_000  # rows that a first look for copies takes
EXACT = 2**53  # whole numbers beyond are rounded in float64


def audit(
    schema: Schema,
    raw: pl.DataFrame,
    frame: pl.DataFrame,
    *,
    y: NDArray[np.float64],
    task: Task,
    spec: Spec,
    seed: int,
    time: NDArray[np.float64] | None = None,
) -> tuple[Finding, ...]:
    """What was seen in the feature columns of train: `raw` as they came, `frame` after the reader, `y` the target.

    `time` [n] is when each row's prediction is made, in microseconds of UTC.

    A finding whose action is "dropped" says that the column is no feature. Columns in ``data.audit.keep`` are left
    alone by the look for leaks. Raises DataError on a leak if ``data.audit.action`` is "stop".
    """
    findings = audit_reading(schema, raw, frame)
    gone = {f.column for f in findings if f.action == "dropped"}
    left = [c for c in schema.features if c.name not in gone and c.name not in spec.data.audit.keep]
    target, action = spec.objective.target, spec.data.audit.action
    findings += leaks(left, frame, y=y, task=task, target=target, action=action, seed=seed, time=time)
    return tuple(findings)


def audit_reading(schema: Schema, raw: pl.DataFrame, frame: pl.DataFrame) -> list[Finding]:
    """The part of `audit` that needs no target: what the reader could not take, constants, and copies."""
    findings: list[Finding] = []
    for column in schema.features:
        findings += _reading(column, raw[column.name], frame[column.name])
        findings += _constant(column, frame[column.name])
    empty = {f.column for f in findings if f.action == "dropped"}
    findings += _copies([c for c in schema.features if c.name not in empty and c.role == "feature"], frame)
    return findings


def compare(
    schema: Schema,
    train: pl.DataFrame,
    test: pl.DataFrame,
    *,
    spec: Spec,
    times: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None],
) -> tuple[Finding, ...]:
    """What differs between the feature columns of train and test, both after the reader.

    Nothing follows from it but a note: what is learned never depends on test. `times` are those of the rows of train
    and test, in microseconds of UTC.
    """
    dates = [column.name for column in schema.features if column.wire == "date"]
    earlier, later = times
    by_time = earlier is not None and later is not None and bool(np.nanmedian(later) > np.nanquantile(earlier, LATEST))
    apart = told_apart(train, test, by_time=by_time, dates=dates, seed=spec.budget.seed)
    return (*no_longer_filled(schema.features, train, test), *apart)


def _reading(column: Column, raw: pl.Series, read: pl.Series) -> Iterator[Finding]:
    """What the reader could not take: infinities (D03), texts, dates out of range (D08), long numbers (D14)."""
    name = column.name
    if raw.dtype.is_float() and (count := int(raw.is_infinite().sum())):
        yield finding("infinite", name, f"{name!r} has {count} infinities: read as missing", "changed", {"rows": count})
    if isinstance(raw.dtype, pl.Date | pl.Datetime) and (count := int((read.is_nan() & raw.is_not_null()).sum())):
        text = f"{name!r} has {count} dates outside the years 1 to 9999: read as missing"
        yield finding("date", name, text, "changed", {"rows": count})
    yield from (_levels if column.wire in {"category", "text"} else _words)(column, raw)
    marks = column.reader.get("sentinels")
    if marks:
        seen = read_column({**column.reader, "sentinels": ()}, raw)
        count = int(seen.is_in(marks).sum())
        what = "9999-12-31" if column.wire == "date" else " and ".join(f"{mark:.15g}" for mark in marks)
        text = f"{name!r} has {count} values of {what}, far from all others: read as missing"
        yield finding("sentinel", name, text, "changed", {"rows": count, "values": list(marks)})
    lost = unread(column.reader, raw, read)
    if len(lost):
        examples = lost.unique(maintain_order=True).head(3).to_list()
        shown = ", ".join(repr(text[:40]) for text in examples)
        text = f"{name!r} has {len(lost)} values that are no {column.wire}, such as {shown}: read as missing"
        yield finding("unparsed", name, text, "changed", {"rows": len(lost), "examples": examples})
    if _is_long(raw):
        count = int((raw.cast(pl.Float64).abs() > EXACT).sum())
        text = f"{name!r} has {count} whole numbers beyond 2^53: they are rounded to float64"
        yield finding("precision", name, text, "changed", {"rows": count})


def _words(column: Column, raw: pl.Series) -> Iterator[Finding]:
    """The words that stand for missing or infinite in this column alone, and how many rows have each."""
    own = [word for word in column.reader["missing"] if word not in KNOWN]
    counts = _counts_of(own, raw)
    endless = {word for word in own if re.fullmatch(INFINITE, word)}
    kinds = ("missing word", "words", [w for w in counts if w not in endless]), ("infinite", "infinities", endless)
    for check, what, words in kinds:
        rows = {word: counts[word] for word in counts if word in words}
        if rows:
            listed = ", ".join(f"{word[:40]!r} in {count} rows" for word, count in rows.items())
            text = f"{column.name!r} has {what} among its {column.wire}s, {listed}: read as missing"
            yield finding(check, column.name, text, "changed", {"rows": sum(rows.values()), "words": rows})


def _levels(column: Column, raw: pl.Series) -> Iterator[Finding]:
    """The words that stand for missing elsewhere and are levels of this column."""
    levels = [word for word in LABEL_MISSING if word not in column.reader["missing"]]
    why = "data.audit.keep names it" if len(levels) == len(LABEL_MISSING) else "what is missing is empty there"
    for word, rows in _counts_of(levels, raw).items():
        text = f"{column.name!r} has {word!r} in {rows} rows: a level, as {why}"
        yield finding("level", column.name, text, "noted", {"rows": rows, "level": word})


def _counts_of(words: list[str], raw: pl.Series) -> dict[str, int]:
    """How many rows have each of the `words`, the most frequent first."""
    if not words:
        return {}
    texts = pl.Series([v for v in raw.to_list() if isinstance(v, str)]) if raw.dtype == pl.Object else raw
    bare = texts.cast(pl.String).str.strip_chars(BLANKS)
    return dict(counted(bare.filter(bare.is_in(words))).sort("count", "value", descending=[True, False]).iter_rows())


def _is_long(raw: pl.Series) -> bool:
    low, high = (raw.min(), raw.max()) if raw.dtype.is_integer() else (None, None)
    return isinstance(low, int) and isinstance(high, int) and max(-low, high) > EXACT


def _constant(column: Column, read: pl.Series) -> Iterator[Finding]:
    """Columns that say nothing (D04)."""
    name = column.name
    if len(read) < 2:  # noqa: PLR2004  # one row has one value
        return
    first = read[0]
    same = read.is_nan().all() if first != first else (read == first).all()  # noqa: PLR0124  # NaN is not itself
    if not same:
        return
    if first != first or first == "":  # noqa: PLR0124  # as above
        yield finding("all missing", name, f"{name!r} has no value in any row of train")
    else:
        yield finding("constant", name, f"{name!r} is {first!r} in every row of train", evidence={"value": first})


def _copies(columns: list[Column], frame: pl.DataFrame) -> Iterator[Finding]:
    """Columns that equal an earlier one in every row (D04), found by the hash of their values."""
    seen: dict[bytes, str] = {}
    if frame.height < 2:  # noqa: PLR2004  # in one row everything is equal
        return
    few = frame[:: max(1, frame.height // FEW)]
    looks = {column.name: _hash(few[column.name]) for column in columns}
    shared = {look for look, count in Counter(looks.values()).items() if count > 1}
    for column in columns:
        if looks[column.name] not in shared:
            continue
        key = _hash(frame[column.name])
        if key in seen:
            text = f"{column.name!r} equals {seen[key]!r} in every row of train"
            yield finding("duplicate", column.name, text, evidence={"of": seen[key]})
        else:
            seen[key] = column.name


def _hash(series: pl.Series) -> bytes:
    values = series.to_numpy() + 0.0 if series.dtype == pl.Float64 else series.hash().to_numpy()
    return hashlib.blake2b(values.tobytes() + series.dtype.base_type().__name__.encode(), digest_size=16).digest()
