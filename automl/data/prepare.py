"""From a spec to rows that can be learned from: load, set test aside, read, audit."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from automl.data.audit.base_rate import base_rate_finding, check_base_rate, to_base_rate
from automl.data.audit.coded import read_codes
from automl.data.audit.columns import audit, compare
from automl.data.audit.duplicates import shared_rows
from automl.data.cost_files import cost_column
from automl.data.labels import fit_labels, words_for_missing
from automl.data.parts import dated, find_time, follow_file, group_copies, label_rows, part_rows
from automl.data.raw_parts import LabelledPart, RawPart
from automl.data.read.frames import read_frame
from automl.data.read.source import SourceTable
from automl.data.rows import Column, Finding, Labels, Prepared, Rows, Schema
from automl.data.schema import drop, infer_schema, with_dates
from automl.data.sources import Given, open_sources
from automl.data.unread_rows import find_unread
from automl.data.usable import row_weights, usable_rows
from automl.errors import DataError
from automl.spec import Spec
from automl.spec.expressions import named_columns
from automl.task import Task


def prepare(
    spec: Spec, *, train: Given | None = None, test: Given | None = None, between: SourceTable | None = None
) -> Prepared:
    """The rows of train and test after the reader, with what was found on the way.

    `train` and `test` stand in for the files of the spec, `between` are rows of a gap that lies between. Without a
    test part one is set aside first; the schema, the missing words and the labels come from the train part alone.
    Raises DataError and SpecError.
    """
    sources = open_sources(spec, train, test, between)
    target = spec.objective.target
    absent = words_for_missing(sources.train.frame[target], spec, typed=sources.typed)
    raw, lost = part_rows(spec, sources, absent)
    labels, said = fit_labels(raw.train.raw[target], spec, absent)
    if spec.objective.base_rate is not None:
        check_base_rate(spec.objective.base_rate, labels)
    schema, shapes = infer_schema(raw.train.raw.select(sources.columns), spec, comma=sources.comma)
    labelled, unusable = label_rows(raw, labels, spec.data)
    schema, parts, timed = find_time(schema, dated(labelled, schema), spec.data)
    schema, coded = read_codes(schema, parts.train.raw, y=parts.train.y, task=labels.task, spec=spec)
    schema, read, audited = _audited(schema, parts.train, labels.task, spec)
    frames = read, read_frame(schema.reader(), parts.test.raw)
    compared = compare(schema, *frames, spec=spec, times=(parts.train.time, parts.test.time))
    parts, grouped = group_copies(parts, *frames, spec.data)
    parts, ordered = follow_file(parts, *frames, labels.task, spec)
    beside = _beside(schema, spec)
    learned = _rows(frames[0], parts.train, spec, beside, "train")
    judged = _rows(frames[1], parts.test, spec, beside, "test")
    gap = _gap(raw.between, schema, labels, spec, beside)
    learned, judged, weighted = _at_base_rate(learned, judged, labels, spec.objective.base_rate)
    seen = (*lost, *sources.findings, *said, *shapes, *unusable, *timed)
    return Prepared(
        schema=schema,
        labels=labels,
        train=learned,
        test=judged,
        between=gap,
        findings=(*seen, *coded, *audited, *compared, *shared_rows(*frames), *grouped, *ordered, *weighted),
        split=parts.split,
        digests=sources.digests,
        dialect=sources.train.dialect,
        unread=find_unread(spec, sources.train, schema, labels, learned, judged, beside=beside, given=parts.given),
    )


def _audited(
    schema: Schema, part: LabelledPart, task: Task, spec: Spec
) -> tuple[Schema, pl.DataFrame, tuple[Finding, ...]]:
    """The schema without what the audit drops and with the columns of costs, and the features of train as read."""
    frame = read_frame(schema.reader(), part.raw)
    raw = part.raw.select(schema.names)
    findings = audit(schema, raw, frame, y=part.y, task=task, spec=spec, seed=spec.budget.seed, time=part.time)
    kept = drop(schema, findings)
    known = {*kept.names}
    priced = [cost_column(part.raw[name]) for name in part.raw.columns if name not in known]
    whole = Schema(columns=(*kept.columns, *priced))
    if not whole.features:
        raise DataError("no column is left to learn from", hint=_why_not(whole))
    return whole, frame.select([column.name for column in whole.features]), findings


def _beside(schema: Schema, spec: Spec) -> list[Column]:
    """The columns that costs and today's rule name, no features; a wrong name is told where the costs are made."""
    named = named_columns(spec.objective)
    return [
        column
        for column in schema.columns
        if column.name in named and not column.is_feature and column.role != "target"
    ]


def _rows(frame: pl.DataFrame, part: LabelledPart, spec: Spec, beside: list[Column], name: str) -> Rows:
    return Rows(
        frame=frame,
        raw=part.raw,
        y=part.y,
        weight=None if spec.data.weight is None else row_weights(part.raw, spec.data.weight, name),
        time=part.time,
        group=part.group,
        order=part.order,
        drawn=part.drawn,
        beside=read_frame({"columns": [column.reader for column in beside]}, part.raw) if beside else None,
    )


def _gap(part: RawPart | None, schema: Schema, labels: Labels, spec: Spec, beside: list[Column]) -> Rows | None:
    """The rows of the gap before test; none where rows are weighted to a base rate, which holds for whole parts."""
    if part is None or spec.objective.base_rate is not None:
        return None
    known, _ = usable_rows(replace(part, raw=with_dates(part.raw, schema)), labels, spec.data, "the gap")
    return _rows(read_frame(schema.reader(), known.raw), known, spec, beside, "the gap")


def _at_base_rate(train: Rows, test: Rows, labels: Labels, rate: float | None) -> tuple[Rows, Rows, list[Finding]]:
    """The rows of both parts weighted to the real share of positives, where the spec states it."""
    if rate is None:
        return train, test, []
    said = base_rate_finding(train.y, train.weight, rate, labels)
    learned = replace(train, weight=to_base_rate(train.y, train.weight, rate, "train"))
    return learned, replace(test, weight=to_base_rate(test.y, test.weight, rate, "test")), [said]


def _why_not(schema: Schema) -> str:
    reasons = [f"{column.name!r}: {column.reason}" for column in schema.columns if column.role == "dropped"]
    return "; ".join(reasons[:5]) or "every column has another role"
