"""From a spec to rows that can be learned from: load, set test aside, read, audit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.base_rate import check_base_rate, to_base_rate, told
from automl.data.audit.columns import audit, compare
from automl.data.audit.duplicates import copies_together, shared_rows
from automl.data.audit.later_test import in_order, later
from automl.data.cost_files import ROW_ORDER, cost_column, costs_of, joined
from automl.data.infer.column_types import guess
from automl.data.infer.row_time import moments
from automl.data.labels import encode, fit_labels
from automl.data.read.frames import read_column, read_frame
from automl.data.read.query import read_query
from automl.data.read.source import Source, checked, frame_digest, load, probe_all
from automl.data.rows import Column, Finding, Labels, Prepared, Rows, Schema
from automl.data.schema import check_names, drop, finding, infer_schema, with_dates, with_time
from automl.data.spelling import canonical
from automl.data.split import split_test
from automl.errors import DataError, SpecError
from automl.spec import Spec
from automl.spec.data import Query
from automl.spec.expressions import named_columns

CELL_BYTES = 40  # of memory for each raw cell: as it came, as it is read, as a feature, in folds
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def prepare(spec: Spec, *, train: pl.DataFrame | None = None, test: pl.DataFrame | None = None) -> Prepared:
    """The rows of train and test after the reader, with what was found on the way.

    `train` and `test` stand in for the files of the spec. Without a test part one is set aside first; the schema,
    the missing words and the labels come from the train part alone. Raises DataError and SpecError.
    """
    named = [(spec.data.train, train), (spec.data.test, test)]
    probe_all(*(path for path, frame in named if isinstance(path, str) and frame is None))
    source = _source(spec, train, "train")
    check_names(source.frame.columns, spec)
    own = source.frame.columns
    source = _priced(source, spec, "train")
    held = None if test is None and spec.data.test is None else _source(spec, test, "test")
    held = held and _priced(held, spec, "test")
    train_part, test_part, sentence, findings = _parts(spec, source, held)
    findings += [*_sampled(source, "train"), *(_sampled(held, "test") if held else [])]

    labels, said = fit_labels(train_part.raw[spec.objective.target], spec)
    findings += said
    rate = spec.objective.base_rate
    if rate is not None:
        check_base_rate(rate, labels)
    comma = source.dialect is not None and source.dialect["separator"] in {";", "\t"}
    schema, shapes = infer_schema(train_part.raw.select(own), spec, comma=comma)
    train_y, train_keep, dropped = _targets(labels, train_part.raw, "train")
    test_y, test_keep, also = _targets(labels, test_part.raw, "test")
    train_part, test_part = train_part.take(train_keep).dated(schema), test_part.take(test_keep).dated(schema)
    findings += [*shapes, *dropped, *also, *_rare(labels, train_y)]
    schema, train_part, test_part, in_time = _in_time(schema, train_part, test_part, spec, given=held is not None)
    findings += in_time

    frame = read_frame(schema.reader(), train_part.raw)
    audited = audit(
        schema,
        train_part.raw.select(schema.names),
        frame,
        y=train_y,
        task=labels.task,
        spec=spec,
        seed=spec.budget.seed,
        time=train_part.time,
    )
    schema = drop(schema, audited)
    known = set(schema.names)
    priced = [cost_column(train_part.raw[name]) for name in train_part.raw.columns if name not in known]
    schema = Schema(columns=(*schema.columns, *priced))
    if not schema.features:
        raise DataError("no column is left to learn from", hint=_why_not(schema))
    test_frame = read_frame(schema.reader(), test_part.raw)
    frame = frame.select([column.name for column in schema.features])
    compared = compare(schema, frame, test_frame, spec=spec, times=(train_part.time, test_part.time))
    findings += [*audited, *compared, *shared_rows(frame, test_frame)]
    if held is not None and train_part.time is None:
        train_part, test_part, together = _together(frame, test_frame, train_part, test_part, spec)
        findings += together
    beside = _beside(schema, spec)
    learned = _rows(frame, train_part, train_y, spec, beside)
    judged = _rows(test_frame, test_part, test_y, spec, beside)
    if rate is not None:
        findings += [told(learned.y, learned.weight, rate, labels)]
        learned = replace(learned, weight=to_base_rate(learned.y, learned.weight, rate, "train"))
        judged = replace(judged, weight=to_base_rate(judged.y, judged.weight, rate, "test"))
    return Prepared(
        schema=schema,
        labels=labels,
        train=learned,
        test=judged,
        findings=tuple(findings),
        split=sentence,
        digests={**source.digests, **(held.digests if held else {})},
        dialect=source.dialect,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Raw rows with what the split needs; `group` codes are common to train and test."""

    raw: pl.DataFrame
    time: Floats | None
    group: Ints | None

    def take(self, index: Ints) -> _Part:
        if index.size == self.raw.height and (np.diff(index) == 1).all():
            return self
        time = None if self.time is None else self.time[index]
        group = None if self.group is None else self.group[index]
        return _Part(raw=self.raw[index], time=time, group=group)

    def dated(self, schema: Schema) -> _Part:
        """With the dates that are read from several columns."""
        return replace(self, raw=with_dates(self.raw, schema))


def _source(spec: Spec, frame: pl.DataFrame | None, part: Literal["train", "test"]) -> Source:
    named = spec.data.train if part == "train" else spec.data.test
    if frame is not None:
        return load(frame, name=part)
    if isinstance(named, Query):
        folder = spec.source.parent if spec.source else None
        found = checked(read_query(named, part=part, seconds=spec.budget.time, folder=folder), f"data.{part}")
        return Source(frame=found, digests={f"query:{part}": frame_digest(found)})
    if named is None:
        hint = f'set data.{part} = "rows.csv", or give a frame'
        raise SpecError(f"there are no {part} rows", where=f"data.{part}", hint=hint)
    source = load(named, probed=True, cells=spec.budget.memory / CELL_BYTES)
    costs = spec.objective.costs
    if source.rows is not None and costs is not None and costs.by == ROW_ORDER:
        hint = "give more budget.memory, or costs by a key"
        raise DataError("the rows must be sampled, so costs in row order do not fit", where=named, hint=hint)
    return source


def _sampled(source: Source, part: str) -> list[Finding]:
    """A statement where only some of the rows are used (D16)."""
    if source.rows is None:
        return []
    text = (
        f"{part} has about {source.rows:,} rows, too many for budget.memory: {source.frame.height:,} of them are used, "
        "spread evenly over the files"
    )
    return [finding("sampled", None, text, "changed", {"rows": source.frame.height, "of": source.rows})]


def _parts(spec: Spec, source: Source, held: Source | None) -> tuple[_Part, _Part, str, list[Finding]]:
    if source.frame.height == 0:
        hint = "give rows below the header line"
        raise DataError("the train data has no rows", where=", ".join(source.digests), hint=hint)
    if held is not None:
        target = spec.objective.target
        if target not in held.frame.columns:
            raise DataError(f"the test data has no column {target!r}, the target", where=", ".join(held.digests))
        if held.frame.height == 0:
            hint = "give rows, or leave data.test out: a part of train is set aside then"
            raise DataError("the test data has no rows", where=", ".join(held.digests), hint=hint)
        groups = _groups(spec, source.frame, held.frame)
        train = _Part(raw=source.frame, time=moments(source.frame, spec.data), group=groups[0])
        test = _Part(raw=held.frame, time=moments(held.frame, spec.data), group=groups[1])
        return train, test, f"Test is the part given, {held.frame.height} rows.", []
    every = _Part(raw=source.frame, time=moments(source.frame, spec.data), group=_groups(spec, source.frame)[0])
    labels, _ = fit_labels(source.frame[spec.objective.target], spec)
    y, keep, findings = _targets(labels, source.frame, "the data")
    every = every.take(keep)
    rows = Rows(frame=every.raw, raw=every.raw, y=y, time=every.time, group=every.group)
    train_index, test_index, sentence = split_test(rows, labels.task, spec.data, spec.budget.seed)
    return every.take(train_index), every.take(test_index), sentence, findings


def _in_time(
    schema: Schema, train: _Part, test: _Part, spec: Spec, *, given: bool
) -> tuple[Schema, _Part, _Part, list[Finding]]:
    """The time of the rows where nobody named it: by a date that a `given` test part is later by."""
    if not given:
        return schema, train, test, [*in_order(schema, train.raw, spec.data)]
    found = later(schema, train.raw, test.raw, spec.data)
    if found is None:
        return schema, train, test, []
    dated = replace(train, time=found.train), replace(test, time=found.test)
    return with_time(schema, found.column), *dated, [found.found]


def _together(
    frame: pl.DataFrame, test_frame: pl.DataFrame, train: _Part, test: _Part, spec: Spec
) -> tuple[_Part, _Part, list[Finding]]:
    """Copies as groups, where the test part that was given keeps them together."""
    found = copies_together(frame, test_frame, spec.data)
    if found is None:
        return train, test, []
    return replace(train, group=found.train), replace(test, group=found.test), [found.found]


def _groups(spec: Spec, *frames: pl.DataFrame) -> tuple[Ints | None, ...]:
    """A code for each group, the same in all frames; a row without a group is one of its own."""
    if spec.data.group is None:
        return tuple(None for _ in frames)
    for frame in frames:
        if spec.data.group not in frame.columns:
            raise DataError(f"the test data has no column {spec.data.group!r}", where="data.group")
    text = pl.concat([canonical(frame[spec.data.group]).rename("group") for frame in frames])
    code = text.rank("dense").cast(pl.Int64)
    alone = pl.int_range(len(text), eager=True) + len(text) + 1
    codes = pl.select(pl.coalesce(code, alone)).to_series().to_numpy().astype(np.int64)
    cuts = np.cumsum([frame.height for frame in frames])[:-1]
    return tuple(np.split(codes, cuts))


def _targets(labels: Labels, raw: pl.DataFrame, part: str) -> tuple[Floats, Ints, list[Finding]]:
    """Y of the rows that have one, their positions, and a finding on those that do not (D02)."""
    target = raw[labels.name]
    y = encode(labels, target)
    keep = np.flatnonzero(np.isfinite(y))
    lost = y.size - keep.size
    if lost == 0:
        return y, keep, []
    if keep.size == 0:
        raise DataError(f"no row of {part} has a target that train knows", where=labels.name)
    unknown = int(canonical(target.filter(~np.isfinite(y))).is_not_null().sum())
    told = "are no numbers" if labels.task.kind == "regression" else "are labels that train does not have"
    also = f", of which {unknown} {told}" if unknown else ""
    text = f"{lost} rows of {part} have no usable target (missing or infinite{also}): they are left out"
    return y[keep], keep, [finding("target", labels.name, text, "changed", {"rows": lost, "unknown": unknown})]


def _rare(labels: Labels, y: Floats) -> list[Finding]:
    """Classes with one row (D15): binary needs two of each, elsewhere the row is always fitted, never validated."""
    if labels.task.kind == "regression":
        return []
    count = np.bincount(y.astype(np.int64), minlength=labels.task.classes)
    single = [labels.texts[code] for code in np.flatnonzero(count < 2)]  # noqa: PLR2004  # one to fit, one to validate
    if single and labels.task.kind == "binary":
        raise DataError(
            f"train has one row of the label {single[0]!r}",
            where=labels.name,
            hint="give at least 2 rows of each label",
        )
    text = "the label {!r} has one row in train: it is fitted, never validated"
    return [finding("rare class", labels.name, text.format(label), "noted", {"label": label}) for label in single]


def _priced(source: Source, spec: Spec, part: Literal["train", "test"]) -> Source:
    """The rows with the columns of their cost file, if the spec has one."""
    found = costs_of(spec, part)
    if found is None:
        return source
    file, digests = found
    frame = joined(source.frame, file)
    file.end(frame.height)
    return replace(source, frame=frame, digests={**source.digests, **digests})


def _beside(schema: Schema, spec: Spec) -> list[Column]:
    """The columns that costs and today's rule name, no features; a wrong name is told where the costs are made."""
    named = named_columns(spec.objective)
    return [
        column
        for column in schema.columns
        if column.name in named and not column.is_feature and column.role != "target"
    ]


def _rows(frame: pl.DataFrame, part: _Part, y: Floats, spec: Spec, beside: list[Column]) -> Rows:
    weight = None if spec.data.weight is None else _weight(part.raw, spec.data.weight)
    return Rows(
        frame=frame,
        raw=part.raw,
        y=y,
        weight=weight,
        time=part.time,
        group=part.group,
        beside=read_frame({"columns": [column.reader for column in beside]}, part.raw) if beside else None,
    )


def _weight(raw: pl.DataFrame, name: str) -> Floats:
    if name not in raw.columns:
        raise DataError(f"the test data has no column {name!r}", where="data.weight")
    found = guess(raw[name], wire="number")
    weight = read_column(found.reader(name), raw[name]).to_numpy() if found else np.full(raw.height, np.nan)
    bad = int((~(weight >= 0)).sum())
    if bad or weight.sum() == 0:
        raise DataError(f"{bad} weights are missing or negative", where=f"data.weight {name!r}", hint="mend the column")
    return weight.astype(np.float64)


def _why_not(schema: Schema) -> str:
    reasons = [f"{column.name!r}: {column.reason}" for column in schema.columns if column.role == "dropped"]
    return "; ".join(reasons[:5]) or "every column has another role"
