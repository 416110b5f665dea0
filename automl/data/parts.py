"""Train and test as raw rows: test as it was given or set aside, with targets, times and groups."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.duplicates import duplicate_groups
from automl.data.audit.file_order import file_order, order_finding, told_from
from automl.data.audit.later_test import among_train, later_test, rows_in_order
from automl.data.infer.missing_words import LABEL_MISSING, level_words
from automl.data.infer.row_time import row_times
from automl.data.labels import fit_labels
from automl.data.raw_parts import LabelledPart, Parts, RawPart
from automl.data.read.frames import counted
from automl.data.read.source import SourceTable
from automl.data.rows import Finding, Labels, Rows, Schema
from automl.data.schema import with_dates, with_time
from automl.data.sources import Sources
from automl.data.spelling import canonical
from automl.data.split import split_test
from automl.data.usable import check_left, rare, single_groups, usable_rows
from automl.errors import DataError
from automl.spec import Spec
from automl.spec.data import Data
from automl.task import Task

Ints = NDArray[np.int64]


def part_rows(
    spec: Spec, sources: Sources, missing: Collection[str] = (), *, after: float = -math.inf
) -> tuple[Parts[RawPart], list[Finding]]:
    """The test part as it was given, else set aside; a finding on rows that are in neither (D02).

    The words for `missing` are no labels. What is set aside by time is later than `after` (microseconds of UTC).

    Raises DataError for parts without rows, or without the columns that the spec names.
    """
    source, held = sources.train, sources.test
    if source.frame.height == 0:
        hint = "give rows below the header line"
        raise DataError("the train data has no rows", where=", ".join(source.digests), hint=hint)
    if held is None:
        return _set_aside(spec, source, missing, after)
    target, where = spec.objective.target, ", ".join(held.digests)
    if target not in held.frame.columns:
        hint = "leave out data.test, and a part of train is set aside; `automl predict` is for rows without a target"
        raise DataError(f"the test data has no column {target!r}, the target", where=where, hint=hint)
    if held.frame.height == 0:
        hint = "give rows, or leave data.test out: a part of train is set aside then"
        raise DataError("the test data has no rows", where=where, hint=hint)
    tables = [source, held, *([sources.between] if sources.between else [])]
    groups = _groups(spec.data, *(table.frame for table in tables))
    train, test, *gap = (
        RawPart(raw=table.frame, time=row_times(table.frame, spec.data), group=group, file=_file(table))
        for table, group in zip(tables, groups, strict=True)
    )
    split = f"Test is the part given, {held.frame.height} rows."
    return Parts(train=train, test=test, split=split, given=True, between=gap[0] if gap else None), []


def label_rows(parts: Parts[RawPart], labels: Labels, data: Data) -> tuple[Parts[LabelledPart], list[Finding]]:
    """The rows that have a target and a weight, findings on the others (D02), and on classes of one row (D15)."""
    train, lost = usable_rows(parts.train, labels, data, "train")
    test, also = usable_rows(parts.test, labels, data, "test")
    alone = single_groups(labels, train, data, given=parts.given)
    findings = [*lost, *also, *rare(labels, train.y, given=parts.given), *alone]
    return Parts(train=train, test=test, split=parts.split, given=parts.given), findings


def dated(parts: Parts[LabelledPart], schema: Schema) -> Parts[LabelledPart]:
    """The parts with the dates that are read from several columns."""
    train, test = (replace(part, raw=with_dates(part.raw, schema)) for part in (parts.train, parts.test))
    return replace(parts, train=train, test=test)


def find_time(
    schema: Schema, parts: Parts[LabelledPart], data: Data
) -> tuple[Schema, Parts[LabelledPart], tuple[Finding, ...]]:
    """The time of the rows as a given test part has it: a date that it is later by, though nobody named it.

    Where test lies among train by the time that was named, it parts no folds.
    """
    if not parts.given:
        return schema, parts, rows_in_order(schema, parts.train.raw, data)
    if among := among_train(parts.train.time, parts.test.time, data):
        train, test = replace(parts.train, drawn=True), replace(parts.test, drawn=True)
        return schema, replace(parts, train=train, test=test), (among,)
    later = later_test(schema, parts.train.raw, parts.test.raw, data)
    if later is None:
        return schema, parts, ()
    train, test = replace(parts.train, time=later.train), replace(parts.test, time=later.test)
    return with_time(schema, later.column), replace(parts, train=train, test=test), (later.finding,)


def group_copies(
    parts: Parts[LabelledPart], train: pl.DataFrame, test: pl.DataFrame, data: Data
) -> tuple[Parts[LabelledPart], tuple[Finding, ...]]:
    """Copies as groups, where a test part that was given keeps them together; `train` and `test` as they are read."""
    groups = duplicate_groups(train, test, data) if parts.given and parts.train.time is None else None
    if groups is None:
        return parts, ()
    grouped = replace(parts.train, group=groups.train), replace(parts.test, group=groups.test)
    return replace(parts, train=grouped[0], test=grouped[1]), (groups.finding,)


def follow_file(
    parts: Parts[LabelledPart], train: pl.DataFrame, test: pl.DataFrame, task: Task, spec: Spec
) -> tuple[Parts[LabelledPart], tuple[Finding, ...]]:
    """The order of the file in place of a time, where a test part that was given does not come from among its rows.

    `train` and `test` as they are read. What the engine set aside was parted so before.
    """
    if not parts.given or parts.train.time is not None or parts.train.group is not None:
        return parts, ()
    among = spec.data.order is None and not told_from(train, test, seed=spec.budget.seed)
    ordered, said = _in_order(parts.train, task, spec, among=among)
    return replace(parts, train=ordered), said


def _in_order(
    part: LabelledPart, task: Task, spec: Spec, *, among: bool = False
) -> tuple[LabelledPart, tuple[Finding, ...]]:
    """The part with the places of its rows where their order stands for a time; only a note if test is from `among`."""
    data = spec.data
    if data.order == "none" or data.time or (data.order is None and data.group is not None):
        return part, ()
    placed = replace(part, order=np.arange(part.y.size))
    if data.order == "file":
        return placed, ()
    unread = (*data.exclude, *data.outcomes, *data.key, *([data.weight] if data.weight else []))
    agreement = file_order(part.raw.drop(spec.objective.target), part.y, task, unread=unread)
    if agreement is None:
        return part, ()
    acts = data.follows_test and not among
    return placed if acts else part, (order_finding(agreement, acts=acts),)


def _set_aside(
    spec: Spec, source: SourceTable, missing: Collection[str], after: float
) -> tuple[Parts[RawPart], list[Finding]]:
    rows = source.frame
    every = RawPart(raw=rows, time=row_times(rows, spec.data), group=_groups(spec.data, rows)[0], file=_file(source))
    labels, _ = fit_labels(rows[spec.objective.target], spec, missing)
    known, findings = usable_rows(every, labels, spec.data, "the data")
    known, said = _in_order(known, labels.task, spec)
    aligned = Rows(frame=known.raw, raw=known.raw, y=known.y, time=known.time, group=known.group, order=known.order)
    train, test, split = split_test(aligned, labels.task, spec.data, spec.budget.seed, after=after)
    check_left(labels, known.y, train, test, split)
    gap = np.setdiff1d(np.arange(known.y.size), np.concatenate([train, test]))
    between = known.take(gap) if gap.size else None
    parts = Parts(train=known.take(train), test=known.take(test), split=split, given=False, between=between)
    return parts, [*findings, *said]


def _groups(data: Data, *frames: pl.DataFrame) -> tuple[Ints | None, ...]:
    """A code for each group, the same in all frames; a row without a group is one of its own."""
    if data.group is None:
        return tuple(None for _ in frames)
    for frame in frames:
        if data.group not in frame.columns:
            raise DataError(f"the test data has no column {data.group!r}", where="data.group")
    text = pl.concat([canonical(frame[data.group]).rename("group") for frame in frames])
    blank = text.null_count() > 0 or data.group in data.audit.keep
    levels = level_words(dict(counted(text.drop_nulls()).iter_rows()), blank=blank)
    text = text.set(text.is_in({*LABEL_MISSING} - levels).fill_null(value=False), None)
    code = text.rank("dense").cast(pl.Int64)
    alone = pl.int_range(len(text), eager=True) + len(text) + 1
    codes = pl.select(pl.coalesce(code, alone)).to_series().to_numpy().astype(np.int64)
    cuts = np.cumsum([frame.height for frame in frames])[:-1]
    return tuple(np.split(codes, cuts))


def _file(source: SourceTable) -> str:
    """The files of a part as they are named; frames have none."""
    return ", ".join(name for name in source.digests if not name.startswith("frame:"))
